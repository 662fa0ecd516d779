import { describe, expect, test } from "vitest";
import { node as nodeKind, type Node, type Taint } from "../../../model/kinds/core/node/node.ts";
import type { Toleration } from "../../../model/kinds/core/pod/affinity.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { evictionInMs, healthTaintsOf, notReadyStatus, unreachableStatus } from "./decide.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

function aNode(ready: "True" | "False" | "Unknown" | undefined, taints: Taint[] = []): Node {
  const conditions = ready === undefined ? [] : [{ type: "Ready", status: ready }];
  return newObject(nodeKind, { name: "n1" }, { spec: { taints }, status: { conditions } });
}

const aPod = (tolerations: Toleration[] = []): Pod =>
  newObject(podKind, { name: "p" }, { spec: { containers: [], tolerations } });

const now = { nowMs, fullDisruption: false };
const unreachable = "node.kubernetes.io/unreachable";
const notReady = "node.kubernetes.io/not-ready";
const own: Taint = { key: "team", value: "a", effect: "NoSchedule" };
const put = (key: string, effect: Taint["effect"], seconds = 0): Taint => ({
  key,
  effect,
  timeAdded: ago(seconds),
});

describe("taints of a node that is", () => {
  test.each([
    { ready: "True", taints: [own], wanted: undefined },
    { ready: undefined, taints: [], wanted: undefined },
    {
      ready: "True",
      taints: [own, put(unreachable, "NoSchedule"), put(unreachable, "NoExecute")],
      wanted: [own],
    },
    {
      ready: "Unknown",
      taints: [own],
      wanted: [own, put(unreachable, "NoSchedule"), put(unreachable, "NoExecute")],
    },
    { ready: "False", taints: [], wanted: [put(notReady, "NoSchedule"), put(notReady, "NoExecute")] },
    {
      ready: "False",
      taints: [put(unreachable, "NoSchedule", 60), put(unreachable, "NoExecute", 60)],
      wanted: [put(notReady, "NoSchedule"), put(notReady, "NoExecute")],
    },
    // The time of a taint that stays is the time that pods tolerate it from.
    {
      ready: "Unknown",
      taints: [put(unreachable, "NoSchedule", 60), put(unreachable, "NoExecute", 60)],
      wanted: undefined,
    },
  ] as const)("$ready", ({ ready, taints, wanted }) => {
    expect(healthTaintsOf(aNode(ready, [...taints]), now)).toEqual(wanted);
  });
});

test("while no node is ready none has a taint that pods have to go for", () => {
  const all = { nowMs, fullDisruption: true };
  expect(healthTaintsOf(aNode("False"), all)).toEqual([put(notReady, "NoSchedule")]);
  const taints = [own, put(unreachable, "NoSchedule", 60), put(unreachable, "NoExecute", 60)];
  const left = [own, put(unreachable, "NoSchedule", 60)];
  expect(healthTaintsOf(aNode("Unknown", taints), all)).toEqual(left);
  expect(healthTaintsOf(aNode("Unknown", left), all)).toBeUndefined();
  const byHand: Taint = { key: "team", effect: "NoExecute" };
  expect(healthTaintsOf(aNode("Unknown", [byHand, ...left]), all)).toBeUndefined();
});

test("a node that is short of something is tainted until it has enough", () => {
  const node = aNode("True", [own]);
  const conditions = [
    { type: "Ready", status: "True" as const },
    { type: "DiskPressure", status: "True" as const },
    { type: "MemoryPressure", status: "False" as const },
  ];
  const short: Node = { ...node, status: { conditions } };
  const taints = healthTaintsOf(short, now);
  expect(taints).toEqual([own, put("node.kubernetes.io/disk-pressure", "NoSchedule")]);
  const tainted: Node = { ...short, spec: { taints: taints ?? [] } };
  expect(healthTaintsOf(tainted, now)).toBeUndefined();
  expect(healthTaintsOf({ ...tainted, status: node.status }, now)).toEqual([own]);
});

describe("a pod on a tainted node", () => {
  const tolerates = (more: Partial<Toleration>): Toleration => ({
    key: unreachable,
    operator: "Exists",
    ...more,
  });
  test.each([
    {
      why: "that says nothing stays for five minutes",
      taint: put(unreachable, "NoExecute", 100),
      tolerations: [],
      wanted: 200_000,
    },
    {
      why: "goes when its time is over",
      taint: put(unreachable, "NoExecute", 300),
      tolerations: [],
      wanted: 0,
    },
    {
      why: "stays for as long as it says",
      taint: put(unreachable, "NoExecute", 10),
      tolerations: [tolerates({ tolerationSeconds: 30 })],
      wanted: 20_000,
    },
    {
      why: "stays for the shortest time that it says",
      taint: put(unreachable, "NoExecute", 10),
      tolerations: [tolerates({ tolerationSeconds: 30 }), tolerates({ tolerationSeconds: 20 })],
      wanted: 10_000,
    },
    {
      why: "stays for ever when it says so",
      taint: put(unreachable, "NoExecute", 999),
      tolerations: [tolerates({})],
      wanted: undefined,
    },
    {
      why: "goes at once from a node that is tainted by hand",
      taint: { key: "x", effect: "NoExecute" },
      tolerations: [],
      wanted: 0,
    },
    {
      why: "does not mind taints for others",
      taint: put(unreachable, "NoSchedule"),
      tolerations: [],
      wanted: undefined,
    },
    {
      why: "needs the right value",
      taint: { key: "x", value: "1", effect: "NoExecute" },
      tolerations: [{ key: "x", value: "2" }],
      wanted: 0,
    },
    {
      why: "needs the right effect",
      taint: { key: "x", effect: "NoExecute" },
      tolerations: [{ key: "x", operator: "Exists", effect: "NoSchedule" }],
      wanted: 0,
    },
    {
      why: "may tolerate everything",
      taint: { key: "x", effect: "NoExecute" },
      tolerations: [{ operator: "Exists" }],
      wanted: undefined,
    },
  ] as { why: string; taint: Taint; tolerations: Toleration[]; wanted: number | undefined }[])(
    "$why",
    ({ taint, tolerations, wanted }) => {
      const left = evictionInMs(aPod(tolerations), aNode("Unknown", [taint]), nowMs);
      expect(left === undefined ? undefined : Math.max(0, left)).toBe(wanted);
    },
  );
});

test("a silent node is unknown in every way, and its pods are not ready", () => {
  const node = aNode("True");
  node.status?.conditions?.push({ type: "DiskPressure", status: "False" });
  expect(unreachableStatus(node, nowMs)?.conditions).toMatchObject([
    { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", lastTransitionTime: ago(0) },
    { type: "DiskPressure", status: "Unknown" },
  ]);
  const pod = {
    ...aPod(),
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  } as Pod;
  const status = notReadyStatus(pod, nowMs);
  expect(status).toMatchObject({ phase: "Running", conditions: [{ type: "Ready", status: "False" }] });
  expect(notReadyStatus({ ...pod, status }, nowMs)).toBeUndefined();
});
