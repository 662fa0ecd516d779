/** A tainted node takes only pods that tolerate the taint; "prefer not" taints only cost score. */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed } from "../../framework/plugin.ts";
import { nodeAspect } from "../../snapshot/cluster.ts";
import type { TaintObject, TolerationObject } from "../../snapshot/objects.ts";
import type { TaintTable } from "../../snapshot/taints.ts";
import { keepsAway, tolerates } from "./tolerates.ts";

export function reasonUntolerated(taint: TaintObject): string {
  return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`;
}

/** Per number of a taint list: what was found out about it, worked out when a node first has it. */
interface TaintState {
  readonly tolerations: readonly TolerationObject[];
  readonly taints: TaintTable;
  readonly known: (number | undefined)[];
}

/** Scores from 0 to `maxScore`: 100 as of today, 10 under a Policy. */
export function scaledTaintToleration(maxScore: number): Plugin<TaintState, TaintState> {
  return {
    name: "TaintToleration",
    policyName: "PodToleratesNodeTaints",
    nodeLocal: true,
    shareKey: ({ object }) =>
      object.spec.tolerations === undefined || object.spec.tolerations.length === 0
        ? ""
        : JSON.stringify(object.spec.tolerations),

    preFilter: ({ object }, { taints }) =>
      proceed({ tolerations: object.spec.tolerations ?? [], taints, known: [0] }),
    /** The number of the list of taints, when one of them is not tolerated. */
    filter: (state, row) => {
      const list = state.taints.ids[row] ?? 0;
      return (state.known[list] ??= untolerated(state, list) === undefined ? 0 : list);
    },
    reasons: (state, list) => {
      const taint = untolerated(state, list);
      return taint === undefined ? [] : [{ text: reasonUntolerated(taint), resolvable: false }];
    },

    preScore: ({ object }, { taints }) => {
      const tolerations = (object.spec.tolerations ?? []).filter(
        ({ effect = "" }) => effect === "" || effect === "PreferNoSchedule",
      );
      return proceed({ tolerations, taints, known: [0] });
    },
    /** How many "prefer not" taints are not tolerated. */
    score: (state, row) => {
      const list = state.taints.ids[row] ?? 0;
      return (state.known[list] ??= countUnwanted(state, list));
    },
    normalize: (raw, { max }) => (max === 0 ? maxScore : maxScore - Math.trunc((maxScore * raw) / max)),

    hint: (event) => event.type === "NodeChanged" && (event.aspects & nodeAspect.taints) !== 0,
  };
}

export const taintToleration = scaledTaintToleration(MAX_NODE_SCORE);

function untolerated({ taints, tolerations }: TaintState, list: number): TaintObject | undefined {
  return taints.list(list).find((taint) => keepsAway(taint, tolerations));
}

function countUnwanted({ taints, tolerations }: TaintState, list: number): number {
  return taints
    .list(list)
    .filter((taint) => taint.effect === "PreferNoSchedule" && !tolerates(tolerations, taint)).length;
}
