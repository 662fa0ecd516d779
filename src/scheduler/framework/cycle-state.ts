/**
 * What the plugins of a profile worked out for one pod: the filters that have something to say, in order, each
 * with its state.
 */

import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Plugin, Reason } from "./plugin.ts";
import type { Profile } from "./profile.ts";
import { FITS, NO_NODE, rejection, type Verdict } from "./verdict.ts";

interface ActiveFilter {
  readonly plugin: Plugin;
  /** Place of the plugin in the profile. */
  readonly place: number;
  readonly state: unknown;
}

export class CycleState {
  readonly filters: readonly ActiveFilter[];
  /** The plugin that wants no node at all for the pod, and why. */
  readonly rejected: { readonly plugin: Plugin; readonly place: number; readonly reason: Reason } | undefined;
  readonly layout: number;
  readonly #priority: number;

  constructor(profile: Profile, pod: PodInfo, cluster: Cluster) {
    this.layout = cluster.layout;
    this.#priority = pod.priority;
    const filters: ActiveFilter[] = [];
    for (const [place, { plugin }] of profile.plugins.entries()) {
      const prepared = plugin.preFilter?.(pod, cluster) ?? { type: "state", state: undefined };
      if (prepared.type === "reject") {
        this.rejected = { plugin, place, reason: prepared.reason };
        break;
      }
      if (plugin.filter === undefined || prepared.type === "skip") continue;
      filters.push({ plugin, place, state: prepared.state });
    }
    this.filters = this.rejected === undefined ? filters : [];
  }

  /**
   * Whether the node of the row takes the pod; the first plugin that says no decides what is said. It must take it
   * with and without the pods of no lower priority for which room is being made there, other than the pod itself
   * (`uid`; absent when the answer is for all pods that are alike).
   */
  judge(row: number, cluster: Cluster, uid?: string): Verdict {
    const verdict = this.judgePresent(row, cluster);
    if (verdict !== FITS || cluster.nominations.size === 0) return verdict;
    return this.#judgeNominated(row, cluster, uid);
  }

  /** Holds the pod against the node as it is. */
  judgePresent(row: number, cluster: Cluster): Verdict {
    if (cluster.present[row] !== 1) return NO_NODE;
    const { filters, rejected } = this;
    if (rejected !== undefined) return rejection(rejected.place, 1);
    for (let index = 0; index < filters.length; index++) {
      const filter = filters[index] as ActiveFilter;
      const detail = filter.plugin.filter?.(filter.state, row, cluster) ?? 0;
      if (detail !== 0) return rejection(filter.place, detail);
    }
    return FITS;
  }

  #judgeNominated(row: number, cluster: Cluster, uid: string | undefined): Verdict {
    const expected = cluster.nominations
      .at(row)
      ?.filter((info) => info.priority >= this.#priority && info.uid !== uid);
    if (expected === undefined || expected.length === 0) return FITS;
    const nodeName = cluster.nodeName(row);
    return cluster.tentatively(() => {
      for (const info of expected) cluster.addPod(info, nodeName);
      try {
        return this.judgePresent(row, cluster);
      } finally {
        for (const info of expected) cluster.removePod(info.uid);
      }
    });
  }

  filterAt(place: number): ActiveFilter | undefined {
    return this.filters.find((filter) => filter.place === place);
  }
}
