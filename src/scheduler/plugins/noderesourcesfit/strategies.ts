/**
 * How NodeResourcesFit scores: LeastAllocated (the emptier the better, LeastRequestedPriority of OpenShift v3),
 * MostAllocated (the fuller the better), RequestedToCapacityRatio (a curve of one's own).
 */

import { MAX_NODE_SCORE } from "../../framework/plugin.ts";
import type { ResourceTable } from "../../snapshot/resources.ts";
import { usedOf, type ResourceWeight, type ScoredResource } from "./scored-resources.ts";
import { freeShare, shapeScore, usedShare, type ShapePoint } from "./shares.ts";

export type ScoringStrategy =
  | {
      readonly type: "LeastAllocated" | "MostAllocated";
      readonly resources: readonly ResourceWeight[];
    }
  | {
      readonly type: "RequestedToCapacityRatio";
      readonly resources: readonly ResourceWeight[];
      readonly requestedToCapacityRatio: { readonly shape: readonly ShapePoint[] };
    };

/** Of one node, from what the pod wants and what its pods have. */
export type ResourceScorer = (
  scored: readonly ScoredResource[],
  row: number,
  resources: ResourceTable,
) => number;

export function resourceScorer(strategy: ScoringStrategy): ResourceScorer {
  switch (strategy.type) {
    case "LeastAllocated":
      return meanOf(freeShare);
    case "MostAllocated":
      return meanOf(usedShare);
    case "RequestedToCapacityRatio":
      return ratioScorer(strategy.requestedToCapacityRatio.shape, MAX_NODE_SCORE);
  }
}

/** The weighted mean over the resources that the node offers, cut. */
function meanOf(scoreOf: (requested: number, offered: number, scale: number) => number): ResourceScorer {
  return (scored, row, resources) => {
    let sum = 0;
    let weights = 0;
    for (let index = 0; index < scored.length; index++) {
      const resource = scored[index] as ScoredResource;
      const offered = resource.column.allocatable[row] ?? 0;
      if (offered === 0) continue;
      const requested = usedOf(resource, row, resources) + resource.amount;
      sum += scoreOf(requested, offered, MAX_NODE_SCORE) * resource.weight;
      weights += resource.weight;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  };
}

/** The weighted mean over the resources that score at all, rounded. */
export function ratioScorer(shape: readonly ShapePoint[], scale: number): ResourceScorer {
  return (scored, row, resources) => {
    let sum = 0;
    let weights = 0;
    for (let index = 0; index < scored.length; index++) {
      const resource = scored[index] as ScoredResource;
      const offered = resource.column.allocatable[row] ?? 0;
      if (offered === 0) continue;
      const requested = usedOf(resource, row, resources) + resource.amount;
      const score = shapeScore(shape, usedShare(requested, offered, 100), scale);
      if (score <= 0) continue;
      sum += score * resource.weight;
      weights += resource.weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}
