import { describe, expect, test } from "vitest";
import { replicaSet, type ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { decidePods, decideStatus } from "./decide.ts";
import { podsToDelete } from "./ranking.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const ago = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

interface Given {
  readonly node?: string;
  readonly phase?: "Pending" | "Running" | "Unknown" | "Failed";
  readonly readyMinutes?: number;
  readonly cost?: number;
  readonly restarts?: number;
  readonly ageMinutes?: number;
  readonly deleting?: boolean;
}

function aPod(name: string, given: Given = {}): Pod {
  const {
    node = "n1",
    phase = "Running",
    readyMinutes = 60,
    cost,
    restarts = 0,
    ageMinutes = 60,
    deleting,
  } = given;
  const metadata = {
    name,
    uid: name,
    creationTimestamp: ago(ageMinutes),
    ...(cost === undefined
      ? {}
      : { annotations: { "controller.kubernetes.io/pod-deletion-cost": String(cost) } }),
    ...(deleting === true ? { deletionTimestamp: ago(0) } : {}),
  };
  const ready = readyMinutes >= 0 && phase === "Running";
  const made = newObject<Pod>(podKind, metadata, {
    spec: { containers: [], ...(node === "" ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [
        {
          type: "Ready",
          status: ready ? "True" : "False",
          lastTransitionTime: ago(Math.max(0, readyMinutes)),
        },
      ],
      containerStatuses: [{ name: "c", ready, restartCount: restarts, image: "i", imageID: "i" }],
    },
  });
  return made;
}

describe("of two pods, the one that goes", () => {
  const good = aPod("good");
  test.each<[string, Given]>([
    ["has no node", { node: "", phase: "Pending" }],
    ["waits", { phase: "Pending" }],
    ["is on a node that is silent", { phase: "Unknown" }],
    ["is not ready", { readyMinutes: -1 }],
    ["is said to be cheap", { cost: -5 }],
    ["became ready later", { readyMinutes: 2 }],
    ["was restarted more often", { restarts: 3 }],
    ["is younger", { ageMinutes: 5 }],
  ])("%s", (_why, given) => {
    const bad = aPod("a-bad", given);
    expect(podsToDelete([good, bad], [], 1, nowMs)).toEqual([bad]);
    expect(podsToDelete([bad, good], [], 1, nowMs)).toEqual([bad]);
  });

  test("shares its node with more pods of the workload", () => {
    const crowded = [aPod("a", { node: "n1" }), aPod("b", { node: "n1" })];
    const alone = aPod("c", { node: "n2" });
    const [gone] = podsToDelete([alone, ...crowded], [alone, ...crowded], 1, nowMs);
    expect(gone?.spec.nodeName).toBe("n1");
  });

  test("is not ready rather than cheap: earlier criteria count first", () => {
    const notReady = aPod("a", { readyMinutes: -1, cost: 100 });
    expect(podsToDelete([aPod("b", { cost: -100 }), notReady], [], 1, nowMs)).toEqual([notReady]);
  });
});

function aSet(replicas: number, more: Partial<ReplicaSet["spec"]> = {}): ReplicaSet {
  const selector = { matchLabels: {} };
  return newObject(
    replicaSet,
    { name: "web", uid: "s", generation: 3 },
    { spec: { replicas, selector, ...more } },
  );
}

describe("pods of a set", () => {
  const world = (set: ReplicaSet, pods: Pod[]) => ({ set, pods, related: pods, nowMs });

  test("that ended or are going do not count", () => {
    const pods = [aPod("a"), aPod("b", { phase: "Failed" }), aPod("c", { deleting: true })];
    expect(decidePods(world(aSet(3), pods))).toEqual({ create: 2, remove: [] });
    expect(decidePods(world(aSet(0), pods)).remove).toEqual([pods[0]]);
  });

  test("are not touched any more when the set is being deleted", () => {
    const set = aSet(5);
    const deleting = { ...set, metadata: { ...set.metadata, deletionTimestamp: ago(0) } };
    expect(decidePods(world(deleting, [aPod("a")]))).toEqual({ create: 0, remove: [] });
  });

  test("are available once they have been ready for long enough", () => {
    const pods = [
      aPod("a", { readyMinutes: 10 }),
      aPod("b", { readyMinutes: 1 }),
      aPod("c", { readyMinutes: -1 }),
    ];
    const { status, recheckInMs } = decideStatus(world(aSet(3, { minReadySeconds: 300 }), pods), undefined);
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      observedGeneration: 3,
    });
    expect(recheckInMs).toBe(240_000);
  });

  test("that cannot be made are told of, until they can", () => {
    const failure = { reason: "FailedCreate", message: "no" } as const;
    const failed = decideStatus(world(aSet(1), []), failure).status;
    expect(failed.conditions).toMatchObject([{ type: "ReplicaFailure", status: "True", message: "no" }]);
    const set = { ...aSet(1), status: failed };
    expect(decideStatus(world(set, []), "unknown").status.conditions).toEqual(failed.conditions);
    expect(decideStatus(world(set, [aPod("a")]), undefined).status.conditions).toBeUndefined();
  });
});
