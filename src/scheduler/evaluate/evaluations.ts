/** Evaluations by what the plugins look at of a pod; those that were not used for longest go first. */

import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Evaluation } from "./evaluation.ts";

const MAX_EVALUATIONS = 256;
/** Nodes times evaluations: about 20 bytes each. */
const MAX_CELLS = 4_000_000;
/** Pods with more text than this in what decides about them are evaluated one by one. */
const MAX_KEY_LENGTH = 16_384;

export class Evaluations {
  readonly #profile: Profile;
  readonly #cluster: Cluster;
  readonly #kept = new Map<string, Evaluation>();
  #last: { key: string; evaluation: Evaluation } | undefined;

  constructor(profile: Profile, cluster: Cluster) {
    this.#profile = profile;
    this.#cluster = cluster;
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

  /** All nodes held against the pod, as of now. */
  of(pod: PodInfo, key: string): Evaluation {
    const evaluation = this.#find(pod, key);
    evaluation.refresh();
    return evaluation;
  }

  drop(key: string): void {
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
