import { describe, expect, test } from "vitest";
import { fieldErrorText } from "../field-error.ts";
import { newObject, type Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { aContainer, aDeployment, aNode, aService } from "../testing/builders.ts";
import { validateChange, validateObject } from "../validate.ts";
import { deployment, type DeploymentSpec } from "./apps/deployment/deployment.ts";
import { job } from "./batch/job/job.ts";
import { configMap } from "./core/configmap/configmap.ts";
import { event } from "./core/event/event.ts";
import { node } from "./core/node/node.ts";
import { secret } from "./core/secret/secret.ts";
import type { ServiceSpec } from "./core/service/service.ts";
import { service } from "./core/service/service.ts";
import { app } from "./nagi/app/app.ts";
import { route } from "./route/route/route.ts";

function problems<T extends KubeObject>(kind: Kind<T>, object: T): string[] {
  return validateObject(kind, object).map((error) => `${error.path}: ${fieldErrorText(error)}`);
}

function made<T extends KubeObject>(kind: Kind<T>, rest: Omit<T, "apiVersion" | "kind" | "metadata">): T {
  return newObject(kind, { name: "a", ...(kind.namespaced ? { namespace: "default" } : {}) }, rest);
}

describe("deployments", () => {
  const template = (restartPolicy: "Always" | "Never") => ({
    metadata: { labels: { app: "a" } },
    spec: { containers: [aContainer()], restartPolicy },
  });

  test.each<[Partial<DeploymentSpec>, string[]]>([
    [{}, []],
    [{ selector: {} }, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]],
    [
      { selector: { matchLabels: { app: "b" } } },
      [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      { selector: { matchExpressions: [{ key: "app", operator: "In" }] } },
      [
        "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
    [
      { template: template("Never") },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [{ replicas: -1 }, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
    [
      { strategy: { type: "Recreate", rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: "lots" } } },
      [expect.stringContaining("a valid percent string must be a numeric string followed by an ending '%'")],
    ],
    [
      { minReadySeconds: 10, progressDeadlineSeconds: 10 },
      ["spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"],
    ],
  ])("%j", (spec, expected) => {
    expect(problems(deployment, aDeployment({ spec }))).toEqual(expected);
  });

  test("keep their selector", () => {
    const before = aDeployment();
    const after = aDeployment({ spec: { selector: { matchLabels: { app: "b" } } } });
    expect(validateChange(deployment, after, before)).toMatchObject([
      { path: "spec.selector", detail: "field is immutable" },
    ]);
  });
});

test("jobs do not restart for ever", () => {
  const template = { spec: { containers: [aContainer()], restartPolicy: "Always" as const } };
  expect(problems(job, made(job, { spec: { template } }))).toEqual([
    'spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"',
  ]);
});

describe("services", () => {
  test.each<[Partial<ServiceSpec>, string[]]>([
    [{ ports: [] }, ["spec.ports: Required value"]],
    [{ ports: [], clusterIP: "None" }, []],
    [
      { ports: [{ port: 1 }, { port: 2 }] },
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      {
        ports: [
          { name: "a", port: 1 },
          { name: "a", port: 2 },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      {
        ports: [
          { name: "a", port: 1 },
          { name: "b", port: 1 },
        ],
      },
      ['spec.ports[1]: Duplicate value: "1/TCP"'],
    ],
    [
      { clusterIP: "here" },
      [expect.stringContaining('spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address')],
    ],
    [{ clusterIP: "10.0.0.256" }, [expect.stringContaining("must be a valid IP address")]],
    [{ type: "ExternalName", ports: [] }, ["spec.externalName: Required value"]],
    [
      { clusterIP: "None", type: "NodePort" },
      ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
    ],
  ])("%j", (spec, expected) => expect(problems(service, aService({ spec }))).toEqual(expected));

  test("keep their address", () => {
    const at = (clusterIP?: string) => aService({ spec: clusterIP === undefined ? {} : { clusterIP } });
    expect(validateChange(service, at("10.0.0.2"), at("10.0.0.1"))).toMatchObject([
      { detail: "may not change once set" },
    ]);
    expect(validateChange(service, at("10.0.0.2"), at())).toEqual([]);
  });
});

describe("entries", () => {
  test.each([
    [{ data: { "a b": "" } }, 'data[a b]: Invalid value: "a b": a valid config key must consist of'],
    [{ data: { "..": "" } }, "must not start with '..'"],
    [{ data: { a: "" }, binaryData: { a: "" } }, 'binaryData[a]: Duplicate value: "a"'],
    [{ data: { a: "x".repeat(1024 * 1024 + 1) } }, "data: Too long: may not be more than 1048576 bytes"],
    [{ binaryData: { a: "?" } }, "must be a string in base64"],
  ])("of ConfigMaps: %#", (rest, expected) => {
    expect(problems(configMap, made(configMap, rest)).join("\n")).toContain(expected);
  });

  test("of secrets of a known type must be there", () => {
    expect(problems(secret, made(secret, { type: "kubernetes.io/tls", data: { "tls.crt": "" } }))).toEqual([
      "data[tls.key]: Required value",
    ]);
  });
});

test("taints are unique by key and effect", () => {
  const taint = { key: "a", effect: "NoSchedule" as const };
  expect(problems(node, aNode({ spec: { taints: [taint, { ...taint, value: "b" }] } }))).toEqual([
    'spec.taints[1]: Duplicate value: "a:NoSchedule": taints must be unique by key and effect pair',
  ]);
  expect(problems(node, aNode({ spec: { taints: [taint, { ...taint, effect: "NoExecute" }] } }))).toEqual([]);
});

test("an event lies where its object lies", () => {
  expect(problems(event, made(event, { involvedObject: { namespace: "other" } }))).toEqual([
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
  expect(problems(event, made(event, { involvedObject: { kind: "Node" } }))).toEqual([]);
});

describe("routes", () => {
  const to = { name: "a" };
  test.each([
    [{ to }, []],
    [{ to, host: "not a host" }, [expect.stringContaining("spec.host: Invalid value")]],
    [
      { to, host: `${"a".repeat(64)}.example` },
      [expect.stringContaining("each part must be no more than 63 characters")],
    ],
    [
      { to: { ...to, name: "a b" }, alternateBackends: [{ ...to, name: "a\nb" }] },
      [
        expect.stringContaining('spec.to.name: Invalid value: "a b": a DNS-1035 label'),
        expect.stringContaining("spec.alternateBackends[0].name: Invalid value"),
      ],
    ],
    [{ to, path: "x" }, ['spec.path: Invalid value: "x": path must begin with /']],
    [
      { to, tls: { termination: "passthrough" as const }, path: "/x" },
      [expect.stringContaining("passthrough termination does not support paths")],
    ],
    [
      { to, tls: { termination: "edge" as const, certificate: "c" } },
      ["spec.tls.key: Required value: a certificate needs its key"],
    ],
  ])("%j", (spec, expected) => expect(problems(route, made(route, { spec }))).toEqual(expected));
});

describe("apps", () => {
  test.each([
    [{ processes: { Web: {} } }, 'spec.processes[Web]: Invalid value: "Web"'],
    [{ domains: ["x.example", "x.example"] }, 'spec.domains[1]: Duplicate value: "x.example"'],
    [{ domains: ["http://x"] }, 'spec.domains[0]: Invalid value: "http://x"'],
    [{ image: "no image" }, "must be an image reference"],
    [{ port: 0 }, "spec.port: Invalid value: 0: must be between 1 and 65535, inclusive"],
    [{ processes: { web: { replicas: -1 } } }, "spec.processes[web].replicas: Invalid value: -1"],
  ])("%j", (spec, expected) => expect(problems(app, made(app, { spec })).join("\n")).toContain(expected));

  test("have names that fit into other names", () => {
    const named = (name: string): string[] =>
      problems(app, newObject(app, { name, namespace: "default" }, { spec: {} }));
    expect(named("a".repeat(40))).toEqual([]);
    expect(named("a".repeat(41))[0]).toContain("must be no more than 40 characters");
    expect(named("1a")[0]).toContain("start with an alphabetic character");
    expect(named("a.b")[0]).toContain("a DNS-1035 label");
  });
});
