/**
 * A copy of the cluster on which changes are tried: applied, looked at with the same plugins, undone. The number of
 * looks is limited, so that the search ends whatever the cluster is like.
 */

import { seededRandom } from "../../../lib/random.ts";
import { Decider, type Decision } from "../../decide.ts";
import type { Plugin, Reason } from "../../framework/plugin.ts";
import type { Profile } from "../../framework/profile.ts";
import { FITS } from "../../framework/verdict.ts";
import type { Cluster, PlacedPod } from "../../snapshot/cluster.ts";
import { readPod, type PodInfo } from "../../snapshot/pod-info.ts";
import { edited, type Change } from "./change.ts";
import { ownerOf, type Owner } from "./owner.ts";

const MAX_LOOKS = 600;

/** One rule's no about one node. */
export interface Refusal {
  readonly plugin: Plugin;
  readonly reasons: readonly Reason[];
}

export class Trial {
  readonly cluster: Cluster;
  readonly #decider: Decider;
  #left = MAX_LOOKS;
  #pods: KnownPods | undefined;

  /** `cluster` is changed and changed back: hand in a copy. */
  constructor(cluster: Cluster, profile: Profile) {
    this.cluster = cluster;
    this.#decider = new Decider({ profile, cluster, random: seededRandom(1) });
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  get profile(): Profile {
    return this.#decider.profile;
  }

  decide(pod: PodInfo): Decision {
    this.#left--;
    return this.#decider.decide(pod);
  }

  /** The node that the pod would go to with these changes. */
  landing(pod: PodInfo, changes: readonly Change[]): string | undefined {
    const undo = this.apply(changes);
    try {
      return this.decide(changedPod(pod, changes)).chosen?.nodeName;
    } finally {
      undo();
    }
  }

  fits(pod: PodInfo, row: number): boolean {
    return this.decide(pod).evaluation.verdictOf(row) === FITS;
  }

  /** Every rule that keeps the pod from the node. */
  refusals(pod: PodInfo, row: number): readonly Refusal[] {
    return refusalsOf(this.decide(pod), row, this.cluster);
  }

  /** The pod on a node with this `namespace/name`. */
  podOf(key: string): PlacedPod | undefined {
    return this.#known().byKey.get(key);
  }

  podsOwnedBy({ kind, name }: Owner, namespace: string): readonly PlacedPod[] {
    return this.#known().byOwner.get(`${kind}/${namespace}/${name}`) ?? [];
  }

  /** Read once, of the cluster as it was at first. */
  #known(): KnownPods {
    this.#pods ??= knownPods(this.cluster);
    return this.#pods;
  }

  /** Makes the changes of nodes and other pods; what is returned takes them back. */
  apply(changes: readonly Change[]): () => void {
    const undos: (() => void)[] = [];
    for (const { nodes = [], removed = [] } of changes) {
      for (const { info, nodeName } of removed) {
        this.cluster.removePod(info.uid);
        undos.push(() => this.cluster.addPod(info, nodeName));
      }
      for (const node of nodes) {
        const name = node.metadata.name ?? "";
        const row = this.cluster.rowOf(name);
        const before = row === undefined ? undefined : this.cluster.node(row);
        this.cluster.setNode(node);
        undos.push(() => {
          if (before === undefined) this.cluster.removeNode(name);
          else this.cluster.setNode(before);
        });
      }
    }
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  }
}

interface KnownPods {
  readonly byKey: ReadonlyMap<string, PlacedPod>;
  readonly byOwner: ReadonlyMap<string, readonly PlacedPod[]>;
}

function knownPods(cluster: Cluster): KnownPods {
  const byKey = new Map<string, PlacedPod>();
  const byOwner = new Map<string, PlacedPod[]>();
  for (let row = 0; row < cluster.rows; row++) {
    for (const placed of cluster.podsOn(row)) {
      const { info } = placed;
      byKey.set(info.key, placed);
      const owner = ownerOf(info.object);
      if (owner === undefined) continue;
      const name = `${owner.kind}/${info.namespace}/${owner.name}`;
      const pods = byOwner.get(name);
      if (pods === undefined) byOwner.set(name, [placed]);
      else pods.push(placed);
    }
  }
  return { byKey, byOwner };
}

/** The pod as the changes make it. */
export function changedPod(pod: PodInfo, changes: readonly Change[]): PodInfo {
  const edits = changes.flatMap((change) => change.edits ?? []);
  return edits.length === 0 ? pod : readPod(edited(pod.object, edits));
}

export function refusalsOf({ evaluation }: Decision, row: number, cluster: Cluster): Refusal[] {
  const { rejected, filters } = evaluation.cycle;
  if (rejected !== undefined) return [{ plugin: rejected.plugin, reasons: [rejected.reason] }];
  return filters.flatMap(({ plugin, state }): Refusal[] => {
    const detail = plugin.filter?.(state, row, cluster) ?? 0;
    if (detail === 0) return [];
    return [{ plugin, reasons: plugin.reasons?.(state, detail, { row, cluster }) ?? [] }];
  });
}
