/**
 * Tells users what was decided: the pod's condition and the event when no node took it, the event when it was
 * placed, and the SchedulingDecision with the whole explanation. All of it is written on the side: a decision
 * never waits for it. In a rush, explanations of placed pods tell of the chosen node only, and are written one at a
 * time until it is over.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { findCondition, setCondition } from "../../model/conditions.ts";
import { newObject } from "../../model/kind.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import {
  schedulingDecision,
  type SchedulingDecision,
  type SchedulingDecisionSpec,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { controllerRef, refOf, type Condition } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import type { Decision } from "../decide.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { explain, type ExplainOptions } from "../explain/explain.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Advisor } from "./advisor.ts";
import { schedulerNameOf } from "./deciders.ts";
import { LatestWriter } from "./latest-writer.ts";
import type { Recorders } from "./recorders.ts";

const MAX_PENDING_CONDITIONS = 100_000;
const MAX_PENDING_DECISIONS = 20_000;
const CONDITION_WORKERS = 8;
const DECISION_WORKERS = 32;
/** How many nodes an explanation tells of: of a pod that waits, of one that was placed, and in a rush. */
const nodeLimits = { waiting: 64, placed: 16, rush: 1 } as const;

const manners = {
  news: { urgent: true, spaced: true },
  details: { urgent: false, spaced: true },
  placed: { urgent: false, spaced: false },
} as const;

export interface ReportsOptions {
  readonly client: Client;
  readonly cluster: Cluster;
  readonly recorders: Recorders;
  readonly seed: number | undefined;
  readonly keepsDecisions: (() => boolean) | undefined;
  readonly isBusy: () => boolean;
  /** Which rules decide about the pod. */
  readonly profileOf: (pod: PodInfo) => Profile;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiting {
  readonly pod: Pod;
  readonly reason: "Unschedulable" | "SchedulingGated" | "SchedulerError";
  readonly message: string;
  /** Where room is being made for it. */
  readonly nominatedNodeName?: string | undefined;
}

interface Explained {
  readonly pod: Pod;
  readonly spec: SchedulingDecisionSpec;
}

export class Reports {
  readonly #options: ReportsOptions;
  readonly #conditions: LatestWriter<Waiting>;
  readonly #decisions: LatestWriter<Explained>;
  /** What each waiting pod was told last. */
  readonly #told = new Map<string, string>();
  /** Pods whose condition was written by us: what is known of it may be older than that. */
  readonly #conditioned = new Set<string>();
  readonly #advisor: Advisor;
  /** Pods that have a SchedulingDecision from us. */
  readonly #explained = new Set<string>();
  #lastWaiting: { evaluation: Evaluation; version: number; spec: SchedulingDecisionSpec } | undefined;

  constructor(options: ReportsOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#conditions = new LatestWriter({
      what: "pod condition",
      write: (_uid, waiting) => this.#writeCondition(waiting),
      workers: CONDITION_WORKERS,
      maxPending: MAX_PENDING_CONDITIONS,
      isBusy: () => false,
      clock,
      log,
    });
    this.#decisions = new LatestWriter({
      what: "scheduling decision",
      write: (uid, explained) => this.#writeDecision(uid, explained),
      workers: DECISION_WORKERS,
      maxPending: MAX_PENDING_DECISIONS,
      isBusy: options.isBusy,
      clock,
      log,
    });
    this.#advisor = new Advisor(options);
  }

  /** No node took the pod. To be called before the cluster changes, as `placed` too. */
  unschedulable(pod: Pod, decision: Decision, { message, nominatedNodeName }: Unschedulable): void {
    const { uid } = decision.pod;
    const told = `${nominatedNodeName ?? ""}/${message}`;
    const isNews = this.#told.get(uid) !== told;
    this.#told.set(uid, told);
    const waiting = { pod, reason: "Unschedulable", message, nominatedNodeName } as const;
    if (isNews) this.#conditions.put(uid, waiting, manners.news);
    const alike = this.#explainWaiting(decision);
    const spec = { ...alike, pod: podOf(pod), message };
    // The same sentence again: only the numbers behind it may be others.
    this.#decisions.put(uid, { pod, spec }, isNews ? manners.news : manners.details);
    // What extenders would say of a change cannot be tried.
    if (decision.extended !== undefined) return;
    // On top of what was said, while nothing newer was.
    this.#advisor.ask(decision.pod, alike, (suggestions) => {
      this.#decisions.put(uid, { pod, spec: { ...spec, suggestions: [...suggestions] } }, manners.details);
    });
  }

  /** The pod is to wait for whoever gated it. */
  gated(pod: Pod): void {
    const message = "Scheduling is blocked due to non-empty scheduling gates";
    this.#waits(pod, { outcome: "Gated", reason: "SchedulingGated", message });
  }

  /** The pod waits for others, whatever the nodes say. */
  held(pod: Pod, message: string): void {
    this.#waits(pod, { outcome: "Unschedulable", reason: "Unschedulable", message });
  }

  /** Something is wrong with the scheduler or a plugin; the pod will be tried again. */
  failed(pod: Pod, message: string): void {
    this.#waits(pod, { outcome: "Error", reason: "SchedulerError", message });
  }

  /** What is to be told once the binding has worked; made now, while the cluster is what was decided on. */
  explainPlaced(decision: Decision): SchedulingDecisionSpec {
    const limit = this.#options.isBusy() ? nodeLimits.rush : nodeLimits.placed;
    return explain(decision, this.#explainOptions(decision.pod, limit));
  }

  /** No condition of the pod is written from now on, or from when what is returned resolves. */
  quiet(uid: string): Promise<void> | undefined {
    this.#conditions.forget(uid);
    return this.#conditions.writing(uid);
  }

  placed(pod: Pod, spec: SchedulingDecisionSpec): void {
    this.#options.recorders.of(pod).event(pod, "Normal", "Scheduled", `${spec.message}`);
    this.#decisions.put(pod.metadata.uid ?? "", { pod, spec }, manners.placed);
  }

  /** The pod waits no more: what was to be said of its waiting need not be said. */
  settled(uid: string): void {
    this.#told.delete(uid);
    this.#advisor.forget(uid);
    this.#conditions.forget(uid);
  }

  gone(uid: string): void {
    this.settled(uid);
    this.#conditioned.delete(uid);
    this.#decisions.forget(uid);
    this.#explained.delete(uid);
  }

  /** To be called when there is nothing to decide. */
  idle(): void {
    this.#decisions.pump();
  }

  async close(): Promise<void> {
    this.#advisor.close();
    await Promise.all([this.#conditions.close(), this.#decisions.close()]);
  }

  #waits(pod: Pod, { outcome, reason, message }: Waits): void {
    const uid = pod.metadata.uid ?? "";
    if (this.#told.get(uid) === message) return;
    this.#told.set(uid, message);
    this.#conditions.put(uid, { pod, reason, message }, manners.news);
    const scheduler = schedulerNameOf(pod);
    const spec = { pod: podOf(pod), outcome, message, decidedAt: this.#nowIso(), scheduler };
    this.#decisions.put(uid, { pod, spec }, manners.news);
  }

  /** Pods that are alike wait for the same reasons: worked out once. */
  #explainWaiting(decision: Decision): SchedulingDecisionSpec {
    const { evaluation } = decision;
    const last = decision.extended === undefined ? this.#lastWaiting : undefined;
    if (last?.evaluation === evaluation && last.version === evaluation.version) return last.spec;
    const spec = explain(decision, this.#explainOptions(decision.pod, nodeLimits.waiting));
    if (decision.extended === undefined)
      this.#lastWaiting = { evaluation, version: evaluation.version, spec };
    return spec;
  }

  #explainOptions({ object: pod }: PodInfo, nodeLimit: number): ExplainOptions {
    const { cluster, seed } = this.#options;
    const schedulerName = schedulerNameOf(pod);
    return { cluster, schedulerName, seed, nodeLimit, decidedAt: this.#nowIso() };
  }

  async #writeCondition({ pod, reason, message, nominatedNodeName }: Waiting): Promise<void> {
    const { client, recorders } = this.#options;
    const before = pod.status?.conditions;
    const wanted: Condition = { type: "PodScheduled", status: "False", reason, message };
    const after = setCondition(before, wanted, this.#nowIso());
    const { uid = "" } = pod.metadata;
    const isSame = after === before && nominatedNodeName === pod.status?.nominatedNodeName;
    // Told by the scheduler that ran before this one.
    if (isSame && !this.#conditioned.has(uid)) return;
    this.#conditioned.add(uid);
    const condition = findCondition(after, "PodScheduled");
    const status = { conditions: [{ ...condition }], nominatedNodeName: nominatedNodeName ?? null };
    const body = { metadata: { uid: pod.metadata.uid }, status };
    if (reason !== "SchedulingGated") recorders.of(pod).event(pod, "Warning", "FailedScheduling", message);
    await client.patch(podKind, refOf(pod), { type: "strategic", body }, { subresource: "status" });
  }

  async #writeDecision(uid: string, { pod, spec }: Explained): Promise<void> {
    const { client, keepsDecisions = () => true } = this.#options;
    if (!keepsDecisions()) return;
    const { name = "", namespace } = pod.metadata;
    const metadata = { name, namespace, ownerReferences: [controllerRef(pod)] };
    const decision = newObject<SchedulingDecision>(schedulingDecision, metadata, { spec });
    if (this.#explained.has(uid)) {
      try {
        await client.update(schedulingDecision, decision);
        return;
      } catch (error) {
        if (!isStatus(error, "NotFound")) throw error;
      }
    }
    try {
      await client.create(schedulingDecision, decision);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      await client.update(schedulingDecision, decision);
    }
    this.#explained.add(uid);
  }

  #nowIso(): string {
    return timestamp(this.#options.clock.now());
  }
}

interface Unschedulable {
  readonly message: string;
  readonly nominatedNodeName?: string | undefined;
}

interface Waits {
  readonly outcome: "Gated" | "Error" | "Unschedulable";
  readonly reason: Waiting["reason"];
  readonly message: string;
}

function podOf({ metadata }: Pod): SchedulingDecisionSpec["pod"] {
  const { name = "", namespace, uid } = metadata;
  return { name, namespace, uid };
}
