import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyDefaults } from "./defaults.ts";
import { newObject } from "./kind.ts";
import { deployment, type Deployment } from "./kinds/apps/deployment/deployment.ts";
import { job, type Job } from "./kinds/batch/job/job.ts";
import { pod, type Pod } from "./kinds/core/pod/pod.ts";
import { secret, type Secret } from "./kinds/core/secret/secret.ts";
import { allKinds } from "./registry.ts";
import { aContainer, aPod, aService } from "./testing/builders.ts";
import { validateObject } from "./validate.ts";

describe("pods", () => {
  test("get what Kubernetes gives them", () => {
    const probe = { httpGet: { port: 80 } };
    const { spec } = aPod({
      containers: [aContainer({ ports: [{ containerPort: 80 }], readinessProbe: probe })],
    });
    expect(spec).toMatchObject({
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      terminationGracePeriodSeconds: 30,
      schedulerName: "default-scheduler",
      serviceAccountName: "default",
      serviceAccount: "default",
      enableServiceLinks: true,
      securityContext: {},
      priority: 0,
      preemptionPolicy: "PreemptLowerPriority",
    });
    expect(spec.containers[0]).toMatchObject({
      imagePullPolicy: "IfNotPresent",
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
      ports: [{ containerPort: 80, protocol: "TCP" }],
      readinessProbe: {
        httpGet: { port: 80, path: "/", scheme: "HTTP" },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    });
    expect(spec.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds])).toEqual([
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ]);
  });

  test.each([
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["localhost:5000/nginx", "Always"],
    ["nginx:1", "IfNotPresent"],
    ["localhost:5000/nginx:1", "IfNotPresent"],
    ["nginx@sha256:abc", "IfNotPresent"],
  ])("the image %s is pulled %s", (image, policy) => {
    expect(aPod({ containers: [aContainer({ image })] }).spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  test("a limit without a request is the request, in canonical text", () => {
    const resources = { limits: { cpu: "0.5", memory: "1024Mi" }, requests: { cpu: "0.1" } };
    const { spec } = aPod({ containers: [aContainer({ resources })] });
    expect(spec.containers[0]?.resources).toEqual({
      limits: { cpu: "500m", memory: "1Gi" },
      requests: { cpu: "100m", memory: "1Gi" },
    });
  });

  test("a number is a quantity too", () => {
    const resources = { limits: { cpu: 2 as unknown as string } };
    expect(aPod({ containers: [aContainer({ resources })] }).spec.containers[0]?.resources?.limits).toEqual({
      cpu: "2",
    });
  });

  test("on the node's network ports are the node's", () => {
    const containers = [aContainer({ ports: [{ containerPort: 80 }] })];
    expect(aPod({ containers, spec: { hostNetwork: true } }).spec.containers[0]?.ports?.[0]?.hostPort).toBe(
      80,
    );
  });

  test("start Pending, with the class that follows from their resources", () => {
    const qos = (requests: object, limits: object): unknown => {
      const resources = {
        requests: requests as Record<string, string>,
        limits: limits as Record<string, string>,
      };
      return pod.initialStatus?.(aPod({ containers: [aContainer({ resources })] }));
    };
    expect(qos({}, {})).toEqual({ phase: "Pending", qosClass: "BestEffort" });
    expect(qos({ cpu: "1" }, {})).toMatchObject({ qosClass: "Burstable" });
    expect(qos({}, { cpu: "1", memory: "1Gi" })).toMatchObject({ qosClass: "Guaranteed" });
    expect(qos({ cpu: "500m" }, { cpu: "1", memory: "1Gi" })).toMatchObject({ qosClass: "Burstable" });
  });
});

test("deployments roll by quarters", () => {
  const spec = { selector: {}, template: {} };
  const object = newObject<Deployment>(deployment, { name: "a" }, { spec });
  applyDefaults(deployment, object);
  expect(object.spec).toMatchObject({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
  });
});

test("a job chooses its own pods", () => {
  const template = { spec: { containers: [aContainer()], restartPolicy: "Never" as const } };
  const object = newObject<Job>(job, { name: "a", uid: "u" }, { spec: { template } });
  applyDefaults(job, object);
  expect(object.spec).toMatchObject({
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } },
    template: { metadata: { labels: { "batch.kubernetes.io/job-name": "a" } } },
  });
  expect(validateObject(job, object)).toEqual([]);
});

test("services lead to the same port, and stay single-stack", () => {
  expect(aService({ spec: { clusterIP: "10.0.0.1" } }).spec).toMatchObject({
    type: "ClusterIP",
    sessionAffinity: "None",
    clusterIPs: ["10.0.0.1"],
    ipFamilies: ["IPv4"],
    ports: [{ port: 80, targetPort: 80, protocol: "TCP" }],
  });
});

test("texts of a secret become data and are not kept", () => {
  const given = { data: { a: "eA==", b: "eQ==" }, stringData: { b: "zü" } };
  const object = newObject<Secret>(secret, { name: "a" }, given);
  applyDefaults(secret, object);
  expect(object).toMatchObject({
    data: { a: "eA==", b: Buffer.from("zü").toString("base64") },
    type: "Opaque",
  });
  expect(object).not.toHaveProperty("stringData");
});

test("defaulting twice is defaulting once", () => {
  const image = fc.constantFrom("a", "a:1", "a@sha256:b");
  const given = fc.record(
    {
      hostNetwork: fc.boolean(),
      priorityClassName: fc.constantFrom("system-node-critical", "other"),
      volumes: fc.constantFrom("v", "w").map((name) => [{ name }]),
      tolerations: fc.constantFrom("Exists" as const, "Equal" as const).map((operator) => [{ operator }]),
      containers: fc.array(fc.record({ name: fc.constantFrom("x", "y"), image }), { maxLength: 2 }),
    },
    { requiredKeys: ["containers"] },
  );
  fc.assert(
    fc.property(given, (spec) => {
      const once = newObject<Pod>(pod, { name: "a" }, { spec });
      applyDefaults(pod, once);
      const twice = structuredClone(once);
      applyDefaults(pod, twice);
      expect(twice).toEqual(once);
    }),
  );
});

test.each(allKinds.map((kind) => [kind.kind, kind] as const))(
  "defaults of %s do not need any field",
  (_name, kind) => {
    const bare = newObject(kind, { name: "a" }, {});
    expect(() => applyDefaults(kind, bare)).not.toThrow();
    expect(() => validateObject(kind, bare)).not.toThrow();
    const empty = newObject(kind, { name: "a" }, { spec: {} } as object);
    expect(() => applyDefaults(kind, empty)).not.toThrow();
    expect(() => validateObject(kind, empty)).not.toThrow();
  },
);
