import { describe, expect, test } from "vitest";
import { fieldErrorText } from "../field-error.ts";
import { newObject, type Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { validateChange, validateObject } from "../validate.ts";
import { daemonSet } from "./apps/daemonset/daemonset.ts";
import { statefulSet } from "./apps/statefulset/statefulset.ts";
import { persistentVolume, type PersistentVolumeSpec } from "./core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "./core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { podDisruptionBudget } from "./policy/poddisruptionbudget/poddisruptionbudget.ts";
import { priorityClass } from "./scheduling/priorityclass/priorityclass.ts";
import { csiNode } from "./storage/csinode/csinode.ts";
import { storageClass } from "./storage/storageclass/storageclass.ts";

type Rest<T> = Omit<T, "apiVersion" | "kind" | "metadata">;

function made<T extends KubeObject>(kind: Kind<T>, rest: Rest<T>, name = "a"): T {
  return newObject(kind, { name, ...(kind.namespaced ? { namespace: "default" } : {}) }, rest);
}

function problems<T extends KubeObject>(kind: Kind<T>, rest: Rest<T>, name = "a"): string[] {
  return validateObject(kind, made(kind, rest, name)).map(
    (error) => `${error.path}: ${fieldErrorText(error)}`,
  );
}

function changed<T extends KubeObject>(kind: Kind<T>, next: T, previous: T): string[] {
  return validateChange(kind, next, previous).map((error) => `${error.path}: ${fieldErrorText(error)}`);
}

const volume: PersistentVolumeSpec = {
  capacity: { storage: "1Gi" },
  accessModes: ["ReadWriteOnce"],
  hostPath: { path: "/data" },
};
const affinity = {
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In" as const, values: ["a"] }] }],
  },
};

describe("persistent volumes", () => {
  test.each<[Partial<PersistentVolumeSpec>, string[]]>([
    [{}, []],
    [{ accessModes: [] }, ["spec.accessModes: Required value"]],
    [
      { accessModes: ["ReadWriteOncePod", "ReadWriteOnce"] },
      ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
    ],
    [{ capacity: {} }, ["spec.capacity: Required value"]],
    [
      { capacity: { cpu: "1" } },
      ['spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"'],
    ],
    [
      { capacity: { storage: "0" } },
      ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [{ hostPath: undefined }, ["spec: Required value: must specify a volume type"]],
    [{ nfs: { server: "s", path: "/" } }, ["spec.nfs: Forbidden: may not specify more than 1 volume type"]],
    [
      { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
    [
      { hostPath: undefined, local: { path: "/data" } },
      ["metadata.annotations: Required value: Local volume requires node affinity"],
    ],
    [{ hostPath: undefined, local: { path: "/data" }, nodeAffinity: affinity }, []],
    [
      { nodeAffinity: {} },
      ["spec.nodeAffinity.required: Required value: must specify required node constraints"],
    ],
    [{ storageClassName: "A" }, [expect.stringContaining('spec.storageClassName: Invalid value: "A"')]],
  ])("%j", (edit, expected) => {
    expect(problems(persistentVolume, { spec: { ...volume, ...edit } })).toEqual(expected);
  });

  test("keep their source, their mode, and an affinity that they have", () => {
    const before = made(persistentVolume, { spec: { ...volume, volumeMode: "Filesystem" } });
    const edit = (spec: Partial<PersistentVolumeSpec>) => ({ ...before, spec: { ...before.spec, ...spec } });
    expect(changed(persistentVolume, edit({ capacity: { storage: "2Gi" } }), before)).toEqual([]);
    expect(changed(persistentVolume, edit({ nodeAffinity: affinity }), before)).toEqual([]);
    expect(changed(persistentVolume, edit({ hostPath: { path: "/b" } }), before)).toEqual([
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ]);
    expect(changed(persistentVolume, edit({ volumeMode: "Block" }), before)).toEqual([
      'spec.volumeMode: Invalid value: "Block": field is immutable',
    ]);
    const placed = edit({ nodeAffinity: affinity });
    expect(changed(persistentVolume, edit({}), placed)).toEqual([
      "spec.nodeAffinity: Invalid value: null: field is immutable",
    ]);
  });
});

describe("claims", () => {
  const spec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } };
  const bound: PersistentVolumeClaim = made(persistentVolumeClaim, {
    spec: { ...spec, storageClassName: "fast", volumeName: "v" },
    status: { phase: "Bound", capacity: { storage: "1Gi" } },
  });
  const edit = (claim: PersistentVolumeClaim, next: Partial<PersistentVolumeClaim["spec"]>) => ({
    ...claim,
    spec: { ...claim.spec, ...next },
  });

  test("say how much and how it is mounted", () => {
    expect(problems(persistentVolumeClaim, { spec })).toEqual([]);
    expect(problems(persistentVolumeClaim, { spec: {} })).toEqual([
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ]);
  });

  test("may get a volume and a class once, and may grow when they are bound", () => {
    const unbound = made(persistentVolumeClaim, { spec, status: { phase: "Pending" } });
    expect(changed(persistentVolumeClaim, edit(unbound, { volumeName: "v" }), unbound)).toEqual([]);
    expect(changed(persistentVolumeClaim, edit(unbound, { storageClassName: "s" }), unbound)).toEqual([]);
    const larger = { resources: { requests: { storage: "2Gi" } } };
    expect(changed(persistentVolumeClaim, edit(bound, larger), bound)).toEqual([]);
    const immutable =
      "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    expect(changed(persistentVolumeClaim, edit(unbound, larger), unbound)).toEqual([immutable]);
    expect(changed(persistentVolumeClaim, edit(bound, { volumeName: "w" }), bound)).toEqual([immutable]);
    expect(changed(persistentVolumeClaim, edit(bound, { storageClassName: "slow" }), bound)).toEqual([
      immutable,
    ]);
    const smaller = { resources: { requests: { storage: "1Mi" } } };
    expect(changed(persistentVolumeClaim, edit(bound, smaller), bound)).toEqual([
      "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
    ]);
  });
});

describe("priority classes", () => {
  test.each<[string, number, string[]]>([
    ["high", 1_000_000_000, []],
    [
      "high",
      1_000_000_001,
      ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    ],
    ["system-node-critical", 2_000_001_000, []],
    [
      "system-mine",
      1,
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
      ],
    ],
  ])("%s %d", (name, value, expected) => {
    expect(problems(priorityClass, { value }, name)).toEqual(expected);
  });

  test("keep their value", () => {
    const before = made(priorityClass, { value: 1 });
    expect(changed(priorityClass, { ...before, value: 2 }, before)).toEqual([
      "value: Forbidden: may not be changed in an update.",
    ]);
  });
});

test("budgets say one of the two", () => {
  expect(problems(podDisruptionBudget, { spec: { minAvailable: 1 } })).toEqual([]);
  expect(problems(podDisruptionBudget, { spec: { minAvailable: 1, maxUnavailable: "10%" } })).toEqual([
    'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"10%"}: minAvailable and maxUnavailable cannot be both set',
  ]);
  expect(problems(podDisruptionBudget, { spec: { minAvailable: "101%" } })).toEqual([
    'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
  ]);
});

test("storage classes and their topologies", () => {
  const topology = { matchLabelExpressions: [{ key: "zone", values: ["a", "a"] }] };
  expect(problems(storageClass, { provisioner: "nagi.dev/local" })).toEqual([]);
  expect(problems(storageClass, { provisioner: "" })).toEqual(["provisioner: Required value"]);
  expect(problems(storageClass, { provisioner: "p", allowedTopologies: [topology] })).toEqual([
    'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
  ]);
  const before = made(storageClass, { provisioner: "p", parameters: { a: "1" } });
  expect(changed(storageClass, { ...before, parameters: {} }, before)).toEqual([
    "parameters: Forbidden: updates to parameters are forbidden.",
  ]);
});

test("drivers of a node have a name of their own", () => {
  const driver = { name: "d", nodeID: "n" };
  expect(problems(csiNode, { spec: { drivers: [driver, driver] } })).toEqual([
    'spec.drivers[1].name: Duplicate value: "d"',
  ]);
});

const template = {
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const workload = { selector: { matchLabels: { app: "a" } }, template };

test("stateful sets keep what their pods were made with", () => {
  const before = made(statefulSet, { spec: { ...workload, serviceName: "s" } });
  expect(problems(statefulSet, { spec: before.spec })).toEqual([]);
  expect(changed(statefulSet, { ...before, spec: { ...before.spec, replicas: 3 } }, before)).toEqual([]);
  expect(changed(statefulSet, { ...before, spec: { ...before.spec, serviceName: "t" } }, before)).toEqual([
    expect.stringContaining("spec: Forbidden: updates to statefulset spec for fields other than"),
  ]);
  const claim = { metadata: { name: "data" }, spec: {} };
  expect(problems(statefulSet, { spec: { ...workload, volumeClaimTemplates: [claim] } })[0]).toBe(
    "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
  );
});

test("daemon sets have one way to make room", () => {
  const rolling = (maxUnavailable: number, maxSurge: number) =>
    problems(daemonSet, {
      spec: {
        ...workload,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } },
      },
    });
  expect(rolling(1, 0)).toEqual([]);
  expect(rolling(1, 1)[0]).toContain("may not be set when maxUnavailable is non-zero");
  expect(rolling(0, 0)[0]).toContain("cannot be 0 when maxSurge is 0");
});
