/**
 * Pod groups: a group is placed when at least `minMember` of its pods have a node or find one at the same time, each
 * with those before it counted. If not, nothing of it is kept: it holds no room, so that two groups never wait for
 * each other's half.
 */

import type { Decision } from "../../decide.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { MetaObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";

interface PodGroupObject {
  readonly metadata: MetaObject;
  readonly spec?: { readonly minMember?: number | undefined } | undefined;
}

/** How many of the group have to be placed at once; undefined when the group is not known. */
export function membersNeeded(cluster: Cluster, group: string): number | undefined {
  const slash = group.indexOf("/");
  const found = cluster.related.get<PodGroupObject>(
    "PodGroup",
    group.slice(0, slash),
    group.slice(slash + 1),
  );
  return found === undefined ? undefined : Math.max(1, found.spec?.minMember ?? 1);
}

export interface GangMember {
  readonly info: PodInfo;
  readonly key: string;
}

export interface GangTrial<M extends GangMember> {
  readonly cluster: Cluster;
  /** Those without a node, in the order in which they go. */
  readonly members: readonly M[];
  /** How many of them have to find a node. */
  readonly needed: number;
  readonly decide: (member: M) => Decision;
  /** Told of each place as it is found: the decision is valid only then. */
  readonly onPlace: (member: M, decision: Decision, nodeName: string) => void;
  /** Told of each member that finds none, likewise; `places`: how many were found before. */
  readonly onNoPlace: (member: M, decision: Decision, places: number) => void;
}

/**
 * Tries the members one after the other, until too many have found no place; how many have. All of them are taken
 * away again: the cluster is as it was.
 */
export function tryGang<M extends GangMember>(trial: GangTrial<M>): number {
  const { cluster, members, needed, decide } = trial;
  const placed: PodInfo[] = [];
  let spare = members.length - needed;
  try {
    for (const member of members) {
      const decision = decide(member);
      if (decision.chosen === undefined) {
        trial.onNoPlace(member, decision, placed.length);
        if (spare-- === 0) break;
        continue;
      }
      const { nodeName } = decision.chosen;
      trial.onPlace(member, decision, nodeName);
      cluster.addPod(member.info, nodeName);
      placed.push(member.info);
    }
    return placed.length;
  } finally {
    for (const { uid } of placed) cluster.removePod(uid);
  }
}
