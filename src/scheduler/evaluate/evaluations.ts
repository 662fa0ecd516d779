/** Evaluations by what the plugins look at of a pod; those that were not used for longest go first. */

import type { Plugin } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Evaluation } from "./evaluation.ts";

const MAX_EVALUATIONS = 256;
/** Nodes times evaluations: about 20 bytes each. */
const MAX_CELLS = 4_000_000;
/** Of keys, what they come down to. */
const MAX_STANDINGS = 4096;
/** Pods with more text than this in what decides about them are evaluated one by one. */
const MAX_KEY_LENGTH = 16_384;

export class Evaluations {
  readonly #profile: Profile;
  readonly #cluster: Cluster;
  readonly #kept = new Map<string, Evaluation>();
  #last: { key: string; evaluation: Evaluation } | undefined;
  /** By key: under which the pods are evaluated, as of `#standingVersion`. */
  readonly #standings = new Map<string, string>();
  #standingVersion = -1;
  readonly #withStanding: readonly Plugin[];

  constructor(profile: Profile, cluster: Cluster) {
    this.#profile = profile;
    this.#cluster = cluster;
    this.#withStanding = profile.plugins
      .map(({ plugin }) => plugin)
      .filter((plugin) => plugin.standing !== undefined);
  }

  /** Pods with equal keys get equal answers from every plugin of the profile; priority decides whom room is made for. */
  keyOf(pod: PodInfo): string {
    let key = `${pod.priority};`;
    for (const { plugin } of this.#profile.plugins) {
      const part = plugin.shareKey?.(pod);
      if (part !== undefined) key += `${part.length}:${part}`;
    }
    return key;
  }

  /**
   * The same with what some plugins say it comes down to in the cluster as it is: pods of different keys may have the
   * same answers, as long as nothing makes them differ.
   */
  sharedKeyOf(pod: PodInfo, key: string): string {
    if (this.#withStanding.length === 0) return key;
    const version = this.#versionOfStandings();
    if (version !== this.#standingVersion || this.#standings.size >= MAX_STANDINGS) this.#standings.clear();
    this.#standingVersion = version;
    let shared = this.#standings.get(key);
    if (shared === undefined) this.#standings.set(key, (shared = this.#readSharedKey(pod)));
    return shared;
  }

  #versionOfStandings(): number {
    let version = this.#cluster.topology.termsVersion;
    for (const { related = [] } of this.#withStanding) {
      for (const kind of related) version += this.#cluster.related.version(kind);
    }
    return version;
  }

  #readSharedKey(pod: PodInfo): string {
    let key = `${pod.priority};`;
    for (const { plugin } of this.#profile.plugins) {
      const part = plugin.standing?.(pod, this.#cluster) ?? plugin.shareKey?.(pod);
      if (part !== undefined) key += `${part.length}:${part}`;
    }
    return key;
  }

  /** All nodes held against the pod, as of now. */
  of(pod: PodInfo, key: string): Evaluation {
    const shared = this.sharedKeyOf(pod, key);
    try {
      const evaluation = this.#find(pod, shared);
      evaluation.refresh(pod);
      return evaluation;
    } catch (error) {
      // A plugin threw half-way: what was evaluated so far cannot be trusted.
      this.#drop(shared);
      throw error;
    }
  }

  #drop(key: string): void {
    this.#kept.delete(key);
    if (this.#last?.key === key) this.#last = undefined;
  }

  #find(pod: PodInfo, key: string): Evaluation {
    if (this.#last?.key === key) return this.#last.evaluation;
    if (key.length > MAX_KEY_LENGTH) return new Evaluation(this.#profile, this.#cluster, pod);
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const evaluation = known ?? this.#fresh(pod);
    this.#kept.set(key, evaluation);
    this.#last = { key, evaluation };
    return evaluation;
  }

  /** A new one, or, when there are as many as may be, the one that was not used for longest. */
  #fresh(pod: PodInfo): Evaluation {
    const limit = Math.max(1, Math.min(MAX_EVALUATIONS, Math.floor(MAX_CELLS / (this.#cluster.rows + 1))));
    let reused: Evaluation | undefined;
    for (const [oldest, evaluation] of this.#kept) {
      if (this.#kept.size < limit) break;
      this.#kept.delete(oldest);
      reused = evaluation;
    }
    if (reused === undefined) return new Evaluation(this.#profile, this.#cluster, pod);
    this.#last = undefined;
    reused.assign(pod);
    return reused;
  }
}
