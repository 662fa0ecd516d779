import { describe, expect, test } from "vitest";
import { fieldErrorText } from "../../../field-error.ts";
import { aContainer, aPod } from "../../../testing/builders.ts";
import { validateChange, validateObject } from "../../../validate.ts";
import type { Container } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import { pod } from "./pod.ts";

function problems(spec: Partial<PodSpec>): string[] {
  return validateObject(pod, aPod({ spec })).map((error) => `${error.path}: ${fieldErrorText(error)}`);
}

function problemsOf(container: Partial<Container>, spec: Partial<PodSpec> = {}): string[] {
  return problems({ containers: [aContainer(container)], ...spec });
}

describe("a container", () => {
  const at = "spec.containers[0]";
  test.each<[Partial<Container>, string[]]>([
    [{}, []],
    [{ image: undefined }, [`${at}.image: Required value`]],
    [{ image: " a" }, [`${at}.image: Invalid value: " a": must not have leading or trailing whitespace`]],
    [
      {
        ports: [
          { containerPort: 1, name: "a" },
          { containerPort: 2, name: "a" },
        ],
      },
      [`${at}.ports[1].name: Duplicate value: "a"`],
    ],
    [
      { ports: [{ containerPort: 1, name: "much-too-long-a-name" }] },
      [`${at}.ports[0].name: Invalid value: "much-too-long-a-name": must be no more than 15 characters`],
    ],
    [
      {
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 80 },
        ],
      },
      [`${at}.ports[1].hostPort: Duplicate value: "TCP//80"`],
    ],
    [
      {
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 80, protocol: "UDP" },
        ],
      },
      [],
    ],
    [
      { env: [{ name: "A", valueFrom: {} }] },
      [
        `${at}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
      ],
    ],
    [
      { env: [{ name: "A", value: "b", valueFrom: { configMapKeyRef: { name: "a", key: "b" } } }] },
      [`${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [{ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['x']" } } }] }, []],
    [
      { envFrom: [{}] },
      [`${at}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
    ],
    [{ volumeMounts: [{ name: "v", mountPath: "/x" }] }, [`${at}.volumeMounts[0].name: Not found: "v"`]],
    [{ livenessProbe: {} }, [`${at}.livenessProbe: Required value: must specify a handler type`]],
    [
      { livenessProbe: { tcpSocket: { port: 1 }, exec: { command: ["a"] } } },
      [`${at}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } },
      [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    ],
    [
      { readinessProbe: { httpGet: { port: 70_000 } } },
      [`${at}.readinessProbe.httpGet.port: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      { lifecycle: { preStop: {} } },
      [`${at}.lifecycle.preStop: Required value: must specify a handler type`],
    ],
    [{ restartPolicy: "Always" }, [`${at}.restartPolicy: Forbidden: may not be set for non-init containers`]],
    [
      { resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } },
      [`${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      { resources: { limits: { cpu: "-1" } } },
      [
        `${at}.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
        `${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
      ],
    ],
    [
      { resources: { requests: { "example.com/gpu": "1" } } },
      [`${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    [
      { resources: { requests: { gpu: "1" } } },
      [
        `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      ],
    ],
  ])("%j", (container, expected) => expect(problemsOf(container).toSorted()).toEqual(expected));

  test("with an unreadable amount is told so once, by the schema", () => {
    expect(problemsOf({ resources: { requests: { cpu: "1x" } } })).toEqual([
      expect.stringContaining(
        'spec.containers[0].resources.requests[cpu]: Invalid value: "1x": quantities must match',
      ),
    ]);
  });
});

describe("a pod", () => {
  test.each<[Partial<PodSpec>, string[]]>([
    [{ containers: [aContainer(), aContainer()] }, ['spec.containers[1].name: Duplicate value: "main"']],
    [{ initContainers: [aContainer()] }, ['spec.containers[0].name: Duplicate value: "main"']],
    [
      { initContainers: [aContainer({ name: "i", livenessProbe: { tcpSocket: { port: 1 } } })] },
      [
        "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
      ],
    ],
    [{ volumes: [{ name: "v" }, { name: "v" }] }, ['spec.volumes[1].name: Duplicate value: "v"']],
    [
      { volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] },
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      { volumes: [{ name: "v", hostPath: { path: "/a/../b" } }] },
      [`spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    ],
    [{ volumes: [{ name: "v", secret: {} }] }, ["spec.volumes[0].secret.secretName: Required value"]],
    [
      { volumes: [{ name: "v", configMap: { name: "c", items: [{ key: "a", path: "/a" }] } }] },
      ['spec.volumes[0].configMap.items[0].path: Invalid value: "/a": must be a relative path'],
    ],
    [
      { tolerations: [{ operator: "Equal" }] },
      [expect.stringContaining("operator must be Exists when `key` is empty")],
    ],
    [
      { tolerations: [{ key: "a", operator: "Exists", value: "b" }] },
      [expect.stringContaining("value must be empty when `operator` is 'Exists'")],
    ],
    [{ nodeSelector: { "a b": "c" } }, [expect.stringContaining('spec.nodeSelector: Invalid value: "a b"')]],
    [
      {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
        },
      },
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value",
      ],
    ],
    [
      { nodeName: "n", schedulingGates: [{ name: "g" }] },
      ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ],
    [
      { dnsPolicy: "None" },
      [
        "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
      ],
    ],
    [
      { volumes: [{ name: "a", persistentVolumeClaim: { claimName: "" } }] },
      ["spec.volumes[0].persistentVolumeClaim.claimName: Required value"],
    ],
    [
      { volumes: [{ name: "a", iscsi: { targetPortal: "p", iqn: "x", lun: 0 } }] },
      ['spec.volumes[0].iscsi.iqn: Invalid value: "x": must be valid format'],
    ],
    [
      { volumes: [{ name: "a", ephemeral: {} }] },
      ["spec.volumes[0].ephemeral.volumeClaimTemplate: Required value"],
    ],
    [
      { resources: { requests: { "example.com/gpu": "1" } } },
      [
        'spec.resources.requests[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "memory", "hugepages-*"',
      ],
    ],
    [
      {
        containers: [
          aContainer({ resources: { requests: { cpu: "300m" }, limits: { cpu: "1" } } }),
          aContainer({ name: "b", resources: { requests: { cpu: "300m" } } }),
        ],
        resources: { requests: { cpu: "500m" }, limits: { cpu: "800m" } },
      },
      [
        'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 600m',
        'spec.resources.limits[cpu]: Invalid value: "1": must be less than or equal to pod limits of 800m',
      ],
    ],
    [
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", matchLabelKeys: ["a"] },
        ],
      },
      [
        "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
      ],
    ],
    [
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "zone", labelSelector: {}, matchLabelKeys: ["a"], mismatchLabelKeys: ["a"] },
            ],
          },
        },
      },
      [
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys',
      ],
    ],
    [{ hostname: "A" }, [expect.stringContaining('spec.hostname: Invalid value: "A"')]],
  ])("%j", (spec, expected) => expect(problems(spec)).toEqual(expected));
});

describe("a change of a pod", () => {
  const before = aPod({ spec: { activeDeadlineSeconds: 60 } });
  const change = (edit: (spec: PodSpec) => void): string[] => {
    const after = structuredClone(before);
    edit(after.spec);
    return validateChange(pod, after, before).map((error) => `${error.path}: ${fieldErrorText(error)}`);
  };

  test.each<[string, (spec: PodSpec) => void]>([
    ["the image", (spec) => void (spec.containers = [{ ...before.spec.containers[0]!, image: "b" }])],
    ["more tolerations", (spec) => spec.tolerations?.push({ key: "a", operator: "Exists" })],
    ["a shorter deadline", (spec) => void (spec.activeDeadlineSeconds = 30)],
    ["nothing", () => undefined],
  ])("may be %s", (_name, edit) => expect(change(edit)).toEqual([]));

  test.each<[string, (spec: PodSpec) => void, string]>([
    [
      "the environment",
      (spec) => void (spec.containers = [aContainer({ env: [{ name: "A" }] })]),
      "spec: Forbidden: pod updates may not change fields other than",
    ],
    ["the node", (spec) => void (spec.nodeName = "n"), "changed: spec.nodeName"],
    [
      "fewer tolerations",
      (spec) => void (spec.tolerations = []),
      "spec.tolerations: Forbidden: existing toleration can not be modified",
    ],
    [
      "a longer deadline",
      (spec) => void (spec.activeDeadlineSeconds = 90),
      "must be less than or equal to previous value",
    ],
    [
      "another container",
      (spec) => spec.containers.push(aContainer({ name: "b" })),
      "pod updates may not add or remove containers",
    ],
    [
      "a new gate",
      (spec) => void (spec.schedulingGates = [{ name: "g" }]),
      "only deletion is allowed, but found new scheduling gate 'g'",
    ],
  ])("may not be %s", (_name, edit, expected) => expect(change(edit).join("\n")).toContain(expected));
});
