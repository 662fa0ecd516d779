/** The deciders of one scheduler: one a profile, all on the same cluster. A pod's `schedulerName` says whose it is. */

import type { Random } from "../../lib/random.ts";
import { Decider } from "../decide.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultSchedulerName } from "../profiles.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodObject } from "../snapshot/objects.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

const keyless = "without a key ";

/** Undefined where the plugins could not say what they look at: they are asked again, and fail where it is told. */
export function keyToDecideBy({ key }: { readonly key: string }): string | undefined {
  return key.startsWith(keyless) ? undefined : key;
}

export interface DecidersOptions {
  /** At least one, each with a name of its own. */
  readonly profiles: readonly Profile[];
  readonly cluster: Cluster;
  readonly random: Random;
}

export class Deciders {
  readonly cluster: Cluster;
  readonly profiles: readonly Profile[];
  readonly #byName = new Map<string, Decider>();
  /** Keeps pods of different profiles apart in the queue. */
  readonly #keyPrefixes = new Map<string, string>();

  constructor({ profiles, cluster, random }: DecidersOptions) {
    if (profiles.length === 0) throw new Error("cannot schedule: there is no profile");
    this.cluster = cluster;
    this.profiles = profiles;
    for (const [index, profile] of profiles.entries()) {
      const { schedulerName } = profile;
      if (this.#byName.has(schedulerName)) {
        throw new Error(`cannot schedule: two profiles have the scheduler name ${schedulerName}`);
      }
      this.#byName.set(schedulerName, new Decider({ profile, cluster, random }));
      this.#keyPrefixes.set(schedulerName, profiles.length === 1 ? "" : `${index}/`);
    }
  }

  /** Undefined for a pod that is not ours. */
  find(pod: PodObject): Decider | undefined {
    return this.#byName.get(schedulerNameOf(pod));
  }

  /** The pod's own, or the first. */
  forPod(pod: PodObject): Decider | undefined {
    return this.find(pod) ?? this.#byName.values().next().value;
  }

  /** Of a pod that is ours. */
  of({ object }: PodInfo): Decider {
    const decider = this.#byName.get(schedulerNameOf(object));
    if (decider === undefined) throw new Error(`there is no profile ${schedulerNameOf(object)}`);
    return decider;
  }

  /** Under which the pod waits in the queue: by itself when a plugin fails at it, which is told when it is tried. */
  keyOf(pod: PodInfo): string {
    try {
      return `${this.#keyPrefixes.get(schedulerNameOf(pod.object))}${this.of(pod).keyOf(pod)}`;
    } catch {
      return `${keyless}${pod.uid}`;
    }
  }

  couldHelp(event: ClusterEvent, pod: PodInfo, rejectedBy: ReadonlySet<number>): boolean {
    return this.of(pod).couldHelp(event, pod, rejectedBy);
  }

  /** Kinds of objects that the plugins look at. */
  relatedKinds(): ReadonlySet<string> {
    return new Set(
      this.profiles.flatMap(({ plugins }) => plugins.flatMap(({ plugin }) => plugin.related ?? [])),
    );
  }
}

export function schedulerNameOf({ spec }: PodObject): string {
  return spec.schedulerName ?? defaultSchedulerName;
}
