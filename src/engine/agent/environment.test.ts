import { expect, test } from "vitest";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { resolveEnvironment } from "./environment.ts";
import type { PodObjects } from "./pod-objects.ts";

const entries = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)]));
const objects: PodObjects = {
  configMap: async (name) => (name === "conf" ? entries({ a: "1", b: "two" }) : undefined),
  secret: async (name) => (name === "sec" ? entries({ key: "hidden" }) : undefined),
  claimed: (name) => Promise.reject(new Error(`no claim ${name}`)),
};
const place = {
  podIP: "10.0.0.5",
  hostIP: "127.0.0.1",
  allocatable: { cpu: "2", memory: "1Gi", storage: "10Gi" },
};

function resolve(container: Partial<Container>): Promise<Record<string, string>> {
  const main: Container = { name: "main", ...container };
  const metadata = {
    name: "p",
    namespace: "ns",
    uid: "u",
    labels: { app: "x" },
    annotations: { "a/b": "note" },
  };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { nodeName: "node-1", containers: [main] },
  };
  return resolveEnvironment({ pod, container: main, place, objects }).then((map) => Object.fromEntries(map));
}

test("later sources win, env wins over envFrom, values see what stands before them", async () => {
  const result = await resolve({
    envFrom: [{ configMapRef: { name: "conf" } }, { prefix: "S_", secretRef: { name: "sec" } }],
    env: [
      { name: "b", value: "env" },
      { name: "c", value: "$(a)-$(b)-$(S_key)-$(d)" },
      { name: "d", value: "late" },
    ],
  });
  expect(result).toEqual({ a: "1", b: "env", S_key: "hidden", c: "1-env-hidden-$(d)", d: "late" });
});

test.each([
  ["metadata.name", "p"],
  ["metadata.namespace", "ns"],
  ["metadata.labels['app']", "x"],
  ["metadata.annotations['a/b']", "note"],
  ["metadata.labels['none']", ""],
  ["spec.nodeName", "node-1"],
  ["status.podIP", "10.0.0.5"],
  ["status.hostIP", "127.0.0.1"],
])("field %s is %s", async (fieldPath, expected) => {
  expect(await resolve({ env: [{ name: "F", valueFrom: { fieldRef: { fieldPath } } }] })).toEqual({
    F: expected,
  });
});

test.each([
  ["limits.cpu", undefined, "1"],
  ["limits.cpu", "1m", "500"],
  ["requests.cpu", "1m", "250"],
  ["limits.memory", "1Mi", "1024"],
  ["requests.memory", undefined, "0"],
])("resource %s by %s is %s", async (resource, divisor, expected) => {
  const resources = { limits: { cpu: "500m" }, requests: { cpu: "250m" } };
  const env = [{ name: "R", valueFrom: { resourceFieldRef: { resource, divisor } } }];
  expect(await resolve({ resources, env })).toEqual({ R: expected });
});

test.each([
  [{ configMapKeyRef: { name: "none", key: "a" } }, 'configmap "none" not found'],
  [{ configMapKeyRef: { name: "conf", key: "z" } }, "couldn't find key z in ConfigMap ns/conf"],
  [{ secretKeyRef: { name: "none", key: "a" } }, 'secret "none" not found'],
  [{ secretKeyRef: { name: "sec", key: "z" } }, "couldn't find key z in Secret ns/sec"],
  [{ fieldRef: { fieldPath: "spec.none" } }, "unsupported fieldPath: spec.none"],
])("%j says why it cannot be had", async (valueFrom, message) => {
  await expect(resolve({ env: [{ name: "X", valueFrom }] })).rejects.toThrow(message);
});

test("what is optional may be missing", async () => {
  const result = await resolve({
    envFrom: [{ configMapRef: { name: "none", optional: true } }],
    env: [
      { name: "X", valueFrom: { secretKeyRef: { name: "none", key: "a", optional: true } } },
      { name: "Y", valueFrom: { configMapKeyRef: { name: "conf", key: "z", optional: true } } },
    ],
  });
  expect(result).toEqual({});
});
