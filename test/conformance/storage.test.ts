import { afterAll, beforeAll, expect, test } from "vitest";
import { startKubectl, type Kubectl } from "./kubectl.ts";

let kubectl: Kubectl;
beforeAll(async () => void (kubectl = await startKubectl()));
afterAll(() => kubectl[Symbol.asyncDispose]());

const cellsOf = (table: string): string[][] =>
  table
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/\s{2,}/));

test("volumes and claims are listed in kubectl's columns", async () => {
  await kubectl.feed(
    `
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  storageClassName: fast
  claimRef: {namespace: default, name: data}
  hostPath: {path: /srv/disk}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 3Gi}}}
`,
    "apply",
    "-f",
    "-",
  );
  expect(cellsOf(await kubectl.run("get", "pv")).map((row) => row.slice(0, 9))).toEqual([
    [
      "NAME",
      "CAPACITY",
      "ACCESS MODES",
      "RECLAIM POLICY",
      "STATUS",
      "CLAIM",
      "STORAGECLASS",
      "VOLUMEATTRIBUTESCLASS",
      "REASON",
    ],
    ["disk", "5Gi", "RWO,ROX", "Retain", "Pending", "default/data", "fast", "<unset>", expect.any(String)],
  ]);
  expect((await kubectl.run("get", "pvc", "-o", "wide")).split("\n")[0]).toMatch(
    /^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS +VOLUMEATTRIBUTESCLASS +AGE +VOLUMEMODE$/,
  );
  expect(await kubectl.run("describe", "pvc", "data")).toContain("StorageClass:  fast");
  expect(await kubectl.run("describe", "pv", "disk")).toContain("/srv/disk");
  expect(await kubectl.run("explain", "pv.spec.local")).toContain("Path on the node.");
});

test("storage classes show which one is the default", async () => {
  await kubectl.feed(
    `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: nagi.dev/local
volumeBindingMode: WaitForFirstConsumer
`,
    "create",
    "-f",
    "-",
  );
  const [header, row] = cellsOf(await kubectl.run("get", "sc"));
  expect(header).toEqual([
    "NAME",
    "PROVISIONER",
    "RECLAIMPOLICY",
    "VOLUMEBINDINGMODE",
    "ALLOWVOLUMEEXPANSION",
    "AGE",
  ]);
  expect(row?.slice(0, 5)).toEqual([
    "local (default)",
    "nagi.dev/local",
    "Delete",
    "WaitForFirstConsumer",
    "false",
  ]);
});

test("kubectl's own makers of priorities and budgets are understood", async () => {
  await kubectl.run(
    "create",
    "priorityclass",
    "zero",
    "--value=0",
    "--description=none",
    "--preemption-policy=Never",
  );
  expect(cellsOf(await kubectl.run("get", "pc", "zero"))).toEqual([
    ["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"],
    ["zero", "0", "false", expect.any(String), "Never"],
  ]);
  await kubectl.run("create", "pdb", "web", "--selector=app=web", "--min-available=50%");
  expect(cellsOf(await kubectl.run("get", "pdb", "web"))).toEqual([
    ["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"],
    ["web", "50%", "N/A", "0", expect.any(String)],
  ]);
});

test("a new pod's selectors get the values of the labels that it shares", async () => {
  await kubectl.feed(
    `
apiVersion: v1
kind: Pod
metadata: {name: keyed, labels: {version: v1, team: red}}
spec:
  containers: [{name: main, image: busybox}]
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: zone
          labelSelector: {matchLabels: {app: web}}
          matchLabelKeys: [version, absent]
          mismatchLabelKeys: [team]
  topologySpreadConstraints:
    - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}, matchLabelKeys: [version]}
`,
    "create",
    "-f",
    "-",
  );
  const path =
    "{.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector}";
  expect(JSON.parse(await kubectl.run("get", "pod", "keyed", "-o", `jsonpath=${path}`))).toEqual({
    matchLabels: { app: "web" },
    matchExpressions: [
      { key: "version", operator: "In", values: ["v1"] },
      { key: "team", operator: "NotIn", values: ["red"] },
    ],
  });
  await kubectl.run("label", "pod", "keyed", "team=blue", "--overwrite");
  expect(
    JSON.parse(
      await kubectl.run(
        "get",
        "pod",
        "keyed",
        "-o",
        "jsonpath={.spec.topologySpreadConstraints[0].labelSelector}",
      ),
    ),
  ).toEqual({
    matchExpressions: [{ key: "version", operator: "In", values: ["v1"] }],
  });
});
