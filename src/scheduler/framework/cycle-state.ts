/**
 * What the plugins of a profile worked out for one pod: the filters that have something to say, in order, each
 * with its state. Local filters look at a node and its pods; wide ones at other nodes too, and tell nodes apart by
 * their marks.
 */

import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Mark, Plugin, Reason } from "./plugin.ts";
import type { Profile } from "./profile.ts";
import { detailOf, FITS, NO_NODE, pluginOf, rejection, type Verdict } from "./verdict.ts";

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
  /** Whether what a node says depends on that node and its pods alone. */
  readonly nodeLocal: boolean;
  /** What wide filters tell nodes apart by; none without wide filters. */
  readonly marks: readonly Mark[];
  readonly #local: readonly ActiveFilter[];
  readonly #wide: readonly ActiveFilter[];
  readonly #priority: number;
  /** Kinds of related objects that the answers depend on. */
  readonly #related: readonly string[];
  readonly #profile: Profile;
  readonly #pod: PodInfo;
  readonly #version: number;
  readonly #epoch: number;
  /** By verdict: whether other pods' leaving could change it, where that is the same for all nodes. */
  readonly #resolvable = new Map<Verdict, boolean>();

  constructor(profile: Profile, pod: PodInfo, cluster: Cluster) {
    this.layout = cluster.layout;
    cluster.topology.trim();
    this.#epoch = cluster.topology.epoch;
    this.#priority = pod.priority;
    this.#related = relatedKinds(profile, pod);
    this.#profile = profile;
    this.#pod = pod;
    this.#version = this.#versionOf(cluster);
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
    this.nodeLocal = this.filters.every(({ plugin }) => plugin.nodeLocal === true);
    this.#wide = this.filters.filter(({ plugin }) => plugin.marks !== undefined);
    this.#local = this.#wide.length === 0 ? this.filters : this.filters.filter(({ plugin }) => !plugin.marks);
    this.marks = this.#wide.flatMap(({ plugin, state }) => plugin.marks?.(state) ?? []);
  }

  get isWide(): boolean {
    return this.#wide.length > 0;
  }

  /** Whether each wide filter comes after all local ones, so that they only speak of nodes that those let pass. */
  get widestLast(): boolean {
    const first = this.#wide[0]?.place ?? Number.POSITIVE_INFINITY;
    return this.#local.every(({ place }) => place < first);
  }

  /** Whether what the plugins worked out of the pod still holds. */
  isCurrent(cluster: Cluster): boolean {
    return this.layout === cluster.layout && this.#version === this.#versionOf(cluster);
  }

  /** The same for what was counted by domain, which matters only where plugins have marks. */
  hasCurrentCounts({ topology }: Cluster): boolean {
    return this.#epoch === topology.epoch;
  }

  /** Versions only grow, so their sum moves when one of them does. */
  #versionOf(cluster: Cluster): number {
    let sum = 0;
    for (const kind of this.#related) sum += cluster.related.version(kind);
    for (const plugin of this.#profile.farSeeing) sum += plugin.version?.(this.#pod, cluster) ?? 0;
    return sum;
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
    if (this.rejected !== undefined) return rejection(this.rejected.place, 1);
    return ask(this.filters, row, cluster);
  }

  /** What the local filters alone say, of the node as it is; the whole answer without wide ones. */
  judgeLocally(row: number, cluster: Cluster): Verdict {
    if (!this.isWide) return this.judge(row, cluster);
    return cluster.present[row] === 1 ? ask(this.#local, row, cluster) : NO_NODE;
  }

  /** What the wide filters say where the local ones have nothing against the node. */
  judgeWidely(row: number, cluster: Cluster): Verdict {
    return cluster.nominations.at(row) === undefined
      ? ask(this.#wide, row, cluster)
      : this.judge(row, cluster);
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

  /** Whether other pods' leaving could turn what the node said. */
  isResolvable(verdict: Verdict, row: number, cluster: Cluster): boolean {
    const filter = verdict > FITS ? this.filterAt(pluginOf(verdict)) : undefined;
    if (filter === undefined) return false;
    const { plugin, state } = filter;
    if (plugin.resolvable !== undefined) return plugin.resolvable(state, detailOf(verdict), { row, cluster });
    let known = this.#resolvable.get(verdict);
    if (known === undefined) {
      const reasons = plugin.reasons?.(state, detailOf(verdict)) ?? [];
      this.#resolvable.set(verdict, (known = reasons.every(({ resolvable }) => resolvable)));
    }
    return known;
  }

  /** The texts of a verdict, for all nodes that gave it. */
  reasonsOf(verdict: Verdict): readonly string[] {
    if (this.rejected !== undefined) return [this.rejected.reason.text];
    const filter = this.filterAt(pluginOf(verdict));
    const reasons = filter?.plugin.reasons?.(filter.state, detailOf(verdict)) ?? [];
    return reasons.map(({ text }) => text);
  }

  filterAt(place: number): ActiveFilter | undefined {
    return this.filters.find((filter) => filter.place === place);
  }
}

function ask(filters: readonly ActiveFilter[], row: number, cluster: Cluster): Verdict {
  for (let index = 0; index < filters.length; index++) {
    const filter = filters[index] as ActiveFilter;
    const detail = filter.plugin.filter?.(filter.state, row, cluster) ?? 0;
    if (detail !== 0) return rejection(filter.place, detail);
  }
  return FITS;
}

function relatedKinds(profile: Profile, pod: PodInfo): readonly string[] {
  const kinds = new Set<string>();
  for (const { plugin } of profile.plugins) {
    if (plugin.related === undefined || plugin.standing !== undefined || plugin.shareKey?.(pod) === "")
      continue;
    for (const kind of plugin.related) kinds.add(kind);
  }
  return [...kinds];
}
