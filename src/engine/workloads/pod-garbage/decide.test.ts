import { expect, test } from "vitest";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { onMissingNode, surplusEnded, unboundAndDeleted } from "./decide.ts";

interface Given {
  readonly phase?: "Running" | "Succeeded" | "Failed";
  readonly day?: number;
  readonly owner?: string;
  readonly node?: string;
  readonly deleting?: boolean;
}

function aPod(name: string, { phase = "Running", day = 1, owner, node, deleting = false }: Given): Pod {
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: "v1", kind: owner, name: "o", uid: "o", controller: true }];
  const creationTimestamp = `2026-01-0${day}T00:00:00Z`;
  const deletion = deleting ? { deletionTimestamp: creationTimestamp } : {};
  const spec = { containers: [], ...(node === undefined ? {} : { nodeName: node }) };
  const metadata = { name, creationTimestamp, ownerReferences, ...deletion };
  return newObject<Pod>(podKind, metadata, { spec, status: { phase } });
}

test("of the pods that ended, the oldest go beyond the limit; jobs keep theirs", () => {
  const [a, b, c] = [
    aPod("a", { phase: "Failed", day: 3 }),
    aPod("b", { phase: "Succeeded", day: 1 }),
    aPod("c", { phase: "Failed", day: 2, owner: "ReplicaSet" }),
  ];
  const others = [
    aPod("d", { phase: "Running", day: 1 }),
    aPod("e", { phase: "Failed", day: 1, owner: "Job" }),
    aPod("f", { phase: "Failed", day: 1, deleting: true }),
  ];
  expect(surplusEnded([a, b, c, ...others], 1)).toEqual([b, c]);
  expect(surplusEnded([a, b, c, ...others], 3)).toEqual([]);
});

test("pods of nodes that are not there, and none that have no node yet", () => {
  const [here, gone, unbound] = [aPod("a", { node: "n1" }), aPod("b", { node: "n2" }), aPod("c", {})];
  expect(onMissingNode([here, gone, unbound], new Set(["n1"]))).toEqual([gone]);
  const dying = aPod("d", { deleting: true });
  expect(unboundAndDeleted([unbound, dying, aPod("e", { node: "n1", deleting: true })])).toEqual([dying]);
});
