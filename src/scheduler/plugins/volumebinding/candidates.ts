/**
 * The volumes that a claim may have, ready to be asked row after row. Most volumes are reachable from the nodes with
 * one label value (a node's name, a zone): those are found by that value, so that a node costs as much as it has
 * volumes, not as much as there are volumes.
 */

import { storageSize } from "../../../model/volume-claims.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { SelectorRequirement } from "../../snapshot/objects.ts";
import type { VolumeObject } from "../../snapshot/storage-objects.ts";
import { reachTest, rowLabels, type RowLabel } from "../../volumes/row-labels.ts";

export interface Candidate {
  readonly name: string;
  /** In parts of bytes, for scores. */
  readonly capacity: bigint;
  /** The lower, the better. */
  readonly rank: number;
}

interface Tested {
  readonly candidate: Candidate;
  readonly isReachable: (row: number) => boolean;
}

interface ByValue {
  readonly label: RowLabel;
  readonly candidates: Map<string, Candidate[]>;
}

export class Candidates {
  readonly count: number;
  /** Best first, and so in each list of the values. */
  readonly #tested: Tested[] = [];
  readonly #byKey = new Map<string, ByValue>();

  /** The volumes come best first. */
  constructor(volumes: readonly VolumeObject[], cluster: Cluster) {
    this.count = volumes.length;
    const labels = rowLabels(cluster);
    for (const [rank, volume] of volumes.entries()) {
      const capacity = storageSize(volume.spec.capacity);
      const candidate = { name: volume.metadata.name ?? "", capacity, rank };
      const demand = onlyDemand(volume);
      if (demand === undefined) {
        this.#tested.push({ candidate, isReachable: reachTest(volume, cluster) });
        continue;
      }
      const { key, values = [] } = demand;
      let known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, (known = { label: labels(key), candidates: new Map() }));
      for (const value of new Set(values)) {
        const list = known.candidates.get(value);
        if (list === undefined) known.candidates.set(value, [candidate]);
        else list.push(candidate);
      }
    }
  }

  /** The best that the node reaches and that is not among the chosen. */
  best(row: number, chosen: ReadonlySet<string>): Candidate | undefined {
    let best = this.#tested.find(
      ({ candidate, isReachable }) => !chosen.has(candidate.name) && isReachable(row),
    )?.candidate;
    for (const { label, candidates } of this.#byKey.values()) {
      const value = label(row);
      const found =
        value === undefined ? undefined : candidates.get(value)?.find(({ name }) => !chosen.has(name));
      if (found !== undefined && (best === undefined || found.rank < best.rank)) best = found;
    }
    return best;
  }
}

/** The one demand on one label that says from where the volume can be reached. */
function onlyDemand({ spec }: VolumeObject): SelectorRequirement | undefined {
  const [term, ...others] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  if (term === undefined || others.length > 0 || (term.matchFields ?? []).length > 0) return undefined;
  const [demand, ...more] = term.matchExpressions ?? [];
  if (more.length > 0 || demand?.operator !== "In" || (demand.values ?? []).length === 0) return undefined;
  return demand;
}
