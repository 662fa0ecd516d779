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

  constructor(profile: Profile, pod: PodInfo, cluster: Cluster) {
    this.layout = cluster.layout;
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

  /** Whether the node of the row takes the pod; the first plugin that says no decides what is said. */
  judge(row: number, cluster: Cluster): Verdict {
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

  filterAt(place: number): ActiveFilter | undefined {
    return this.filters.find((filter) => filter.place === place);
  }
}
