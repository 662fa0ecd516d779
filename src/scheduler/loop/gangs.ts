/**
 * Decides about pod groups as one: brings together the members that wait, tries them, and hands back places for all
 * or says to each why there are none.
 */

import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { unschedulableMessage } from "../explain/message.ts";
import { coscheduling } from "../plugins/coscheduling/coscheduling.ts";
import { membersNeeded, tryGang } from "../plugins/coscheduling/gang.ts";
import { goesBefore } from "../queue/queued-pod.ts";
import type { QueuedPod, SchedulingQueue } from "../queue/scheduling-queue.ts";
import { groupOf } from "../snapshot/pod-groups.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { DecideMember } from "./extenders/group-asking.ts";
import type { Deciders } from "./deciders.ts";
import type { Placements } from "./placements.ts";
import type { Reports } from "./reports.ts";

export interface GangsOptions {
  readonly deciders: Deciders;
  readonly queue: SchedulingQueue;
  readonly placements: Placements;
  readonly reports: Reports;
  readonly clock: Clock;
}

export interface GangPlace {
  readonly entry: QueuedPod;
  readonly nodeName: string;
  readonly spec: SchedulingDecisionSpec;
}

interface Demand {
  readonly group: string;
  readonly minMember: number;
  /** How many of the members have to find a node. */
  readonly needed: number;
  readonly decide: DecideMember;
}

export class Gangs {
  readonly #options: GangsOptions;

  constructor(options: GangsOptions) {
    this.#options = options;
  }

  /** The pod's group, while the pod may only be placed together with others. */
  groupToTry(pod: PodInfo): string | undefined {
    const { deciders } = this.#options;
    const group = groupOf(pod);
    if (group === undefined || !deciders.of(pod).profile.plugins.some(isCoscheduling)) return undefined;
    const minMember = membersNeeded(deciders.cluster, group);
    return minMember !== undefined && deciders.cluster.groups.count(group) >= minMember ? undefined : group;
  }

  /** Places with what plugins reserve there, for all that have to be placed at once; else none, and all wait. */
  decide(first: QueuedPod, group: string, decide: DecideMember = this.#decideAlone): readonly GangPlace[] {
    const { deciders, queue } = this.#options;
    const minMember = membersNeeded(deciders.cluster, group);
    if (minMember === undefined) return this.#hold(first, `pod group ${group} is not there`);
    const needed = minMember - deciders.cluster.groups.count(group);
    const short = `0/${minMember} of pod group ${group} can be placed: fewer than ${minMember} of its pods are there`;
    if (queue.membersOf(group).length < needed) return this.#hold(first, short);
    const members = [first, ...queue.claimGroup(group)].sort((a, b) => (goesBefore(a, b) ? -1 : 1));
    if (members.length >= needed) {
      try {
        return this.#try(members, { group, minMember, needed, decide });
      } catch (error) {
        this.#comeBack(members, error);
        throw error;
      }
    }
    for (const entry of members) this.#hold(entry, short);
    return [];
  }

  /** A fault at one member: whoever decides hears of the first of them only. */
  #comeBack(members: readonly QueuedPod[], error: unknown): void {
    const { queue, reports, clock } = this.#options;
    for (const entry of members) {
      reports.failed(entry.info.object as Pod, messageOf(error));
      queue.retry(entry, clock.now());
    }
  }

  /** The group changed: its members are tried again. */
  wake(group: string): void {
    const { queue } = this.#options;
    for (const { info } of queue.membersOf(group)) queue.wake(info.uid);
  }

  readonly #decideAlone: DecideMember = ({ info, key }) => this.#options.deciders.of(info).decide(info, key);

  #try(members: readonly QueuedPod[], { group, minMember, needed, decide }: Demand): readonly GangPlace[] {
    const { deciders, reports, queue, clock } = this.#options;
    const { cluster } = deciders;
    const found: GangPlace[] = [];
    const without = new Map<QueuedPod, ReadonlySet<number>>();
    /** Refused by extenders: nobody tells when those think otherwise. */
    const comesBack = new Set<QueuedPod>();
    const placed = tryGang({
      cluster,
      members,
      needed,
      decide,
      onPlace: (entry, decision, nodeName) => {
        found.push({ entry, nodeName, spec: reports.explainPlaced(decision) });
      },
      onNoPlace: (entry, decision, places) => {
        without.set(entry, deciders.of(entry.info).rejectedBy(decision));
        const refused = decision.extended?.refused.values();
        if (refused !== undefined) comesBack.add(entry);
        const why = unschedulableMessage(cluster.nodeCount, decision.evaluation, refused);
        const isDecisive = members.length - without.size < needed;
        const room = places === 0 ? "" : ` (only ${places} find room)`;
        const message = isDecisive
          ? `0/${minMember} of pod group ${group} can be placed${room}: member ${entry.info.name}: ${why}`
          : why;
        // Said now, while those before it are in their places.
        for (const { info } of isDecisive ? members : [entry]) {
          reports.unschedulable(info.object as Pod, { ...decision, pod: info }, { message });
        }
      },
    });
    const rejectedBy = [...without.values()].at(-1) ?? new Set<number>();
    if (placed < needed) {
      for (const entry of comesBack) queue.retry(entry, clock.now());
      for (const entry of members) queue.wait(entry, rejectedBy);
      return [];
    }
    for (const entry of comesBack) queue.retry(entry, clock.now());
    for (const [entry, plugins] of without) queue.wait(entry, plugins);
    return this.#reserve(found);
  }

  /** All or none, as the plugins see it too. */
  #reserve(places: readonly GangPlace[]): readonly GangPlace[] {
    const { deciders, placements, queue, reports, clock } = this.#options;
    for (const [index, { entry, nodeName }] of places.entries()) {
      const refusal = placements.reserve(deciders.of(entry.info).profile, entry.info, nodeName);
      if (refusal === undefined) continue;
      for (const { entry: before, nodeName: node } of places.slice(0, index)) {
        placements.unreserve(deciders.of(before.info).profile, before.info, node);
      }
      for (const { entry: member } of places) {
        reports.failed(member.info.object as Pod, `member ${entry.info.name} of the pod group: ${refusal}`);
        queue.retry(member, clock.now());
      }
      return [];
    }
    return places;
  }

  #hold(entry: QueuedPod, message: string): readonly GangPlace[] {
    const { reports, queue } = this.#options;
    reports.held(entry.info.object as Pod, message);
    queue.wait(entry, nobody);
    return [];
  }
}

/** No plugin said no: no change of a node can help. */
const nobody: ReadonlySet<number> = new Set();

function isCoscheduling({ plugin }: { readonly plugin: { readonly name: string } }): boolean {
  return plugin.name === coscheduling.name;
}
