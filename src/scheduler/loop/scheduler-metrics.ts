/**
 * What the scheduler counts and measures, under kube-scheduler's names, so that its dashboards and alerts work.
 * Recording is a few additions; what is there at the moment is counted when somebody asks.
 * https://kubernetes.io/docs/reference/instrumenting/metrics/
 */

import { exponentialBounds, type MetricsRegistry } from "../../lib/metrics.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Profile } from "../framework/profile.ts";

export type AttemptResult = "scheduled" | "unschedulable" | "error";
export type ExtensionPoint = "PostFilter" | "Reserve" | "Permit" | "PreBind" | "Bind";

/** What there is at the moment. */
export interface SchedulerState {
  readonly entries: Iterable<QueuedPod>;
  readonly gated: number;
  readonly nodes: number;
  readonly pods: number;
  readonly assumed: number;
  readonly profileOf: (entry: QueuedPod) => Profile;
  /** Of a pod that waits: places in the profile of the plugins that said no. */
  readonly rejectedBy: (entry: QueuedPod) => Iterable<number>;
}

interface Journey {
  readonly sinceMs: number;
  attempts: number;
}

/** Beyond that the label says so: a series for each number of attempts would never end. */
const MAX_ATTEMPTS_LABEL = 15;
const perSecond = 1000;

export class SchedulerMetrics {
  readonly #attempts;
  readonly #attemptSeconds;
  readonly #algorithmSeconds;
  readonly #sliSeconds;
  readonly #podAttempts;
  readonly #pointSeconds;
  readonly #preemptions;
  readonly #victims;
  readonly #incoming;
  readonly #extenderSeconds;
  readonly #journeys = new Map<string, Journey>();

  constructor(registry: MetricsRegistry) {
    const prefix = "scheduler_";
    const seconds = exponentialBounds(0.001, 2, 15);
    this.#attempts = registry.counter({
      name: `${prefix}schedule_attempts_total`,
      help: "Number of attempts to schedule pods, by the result.",
      labels: ["profile", "result"],
    });
    this.#attemptSeconds = registry.histogram(
      {
        name: `${prefix}scheduling_attempt_duration_seconds`,
        help: "From taking a pod from the queue until it is bound or waits again.",
        labels: ["profile", "result"],
      },
      seconds,
    );
    const algorithm = { name: `${prefix}scheduling_algorithm_duration_seconds`, help: "Of one decision." };
    this.#algorithmSeconds = registry.histogram(algorithm, exponentialBounds(0.000_001, 4, 13)).with();
    this.#sliSeconds = registry.histogram(
      {
        name: `${prefix}pod_scheduling_sli_duration_seconds`,
        help: "From when the pod was first seen without a gate until it was bound.",
        labels: ["attempts"],
      },
      exponentialBounds(0.01, 2, 20),
    );
    this.#podAttempts = registry
      .histogram(
        { name: `${prefix}pod_scheduling_attempts`, help: "Attempts that a bound pod took." },
        exponentialBounds(1, 2, 5),
      )
      .with();
    this.#pointSeconds = registry.histogram(
      {
        name: `${prefix}framework_extension_point_duration_seconds`,
        help: "Of all plugins of an extension point for one pod.",
        labels: ["extension_point", "profile", "status"],
      },
      exponentialBounds(0.0001, 2, 12),
    );
    this.#extenderSeconds = registry.histogram(
      {
        name: `${prefix}extender_duration_seconds`,
        help: "Of one request to an extender.",
        labels: ["extender", "verb", "status"],
      },
      seconds,
    );
    const preemptions = {
      name: `${prefix}preemption_attempts_total`,
      help: "Attempts to make room for a pod.",
    };
    this.#preemptions = registry.counter(preemptions).with();
    this.#victims = registry
      .histogram(
        { name: `${prefix}preemption_victims`, help: "Pods that made room for one." },
        exponentialBounds(1, 2, 7),
      )
      .with();
    this.#incoming = registry.counter({
      name: `${prefix}queue_incoming_pods_total`,
      help: "Number of pods added to the queues, by what happened and by queue.",
      labels: ["event", "queue"],
    });
  }

  arrived(uid: string, nowMs: number): void {
    if (this.#journeys.has(uid)) return;
    this.#journeys.set(uid, { sinceMs: nowMs, attempts: 0 });
    this.incoming("PodAdd", "active");
  }

  /** The pod is bound, or gone. */
  left(uid: string): void {
    this.#journeys.delete(uid);
  }

  incoming(event: string, queue: "active" | "backoff" | "unschedulable" | "gated", count = 1): void {
    if (count > 0) this.#incoming.with(event, queue).add(count);
  }

  /** An event woke so many pods. */
  woke(event: ClusterEvent, count: number): void {
    if (count > 0) this.incoming(eventName(event), "active", count);
  }

  decided(ms: number): void {
    this.#algorithmSeconds.observe(ms / perSecond);
  }

  attempted(
    uid: string,
    { schedulerName }: Profile,
    end: { readonly result: AttemptResult; readonly ms: number },
  ): void {
    this.#attempts.with(schedulerName, end.result).add();
    this.#attemptSeconds.with(schedulerName, end.result).observe(end.ms / perSecond);
    const journey = this.#journeys.get(uid);
    if (journey !== undefined) journey.attempts++;
  }

  bound(uid: string, nowMs: number): void {
    const journey = this.#journeys.get(uid);
    if (journey === undefined) return;
    const { attempts, sinceMs } = journey;
    const label = attempts > MAX_ATTEMPTS_LABEL ? `${MAX_ATTEMPTS_LABEL}+` : String(attempts);
    this.#sliSeconds.with(label).observe((nowMs - sinceMs) / perSecond);
    this.#podAttempts.observe(attempts);
    this.left(uid);
  }

  point(
    point: ExtensionPoint,
    { schedulerName }: Profile,
    end: { readonly isGood: boolean; readonly ms: number },
  ): void {
    const status = end.isGood ? "Success" : "Unschedulable";
    this.#pointSeconds.with(point, schedulerName, status).observe(end.ms / perSecond);
  }

  extender(url: string, verb: string, end: { readonly isGood: boolean; readonly ms: number }): void {
    this.#extenderSeconds.with(url, verb, end.isGood ? "success" : "error").observe(end.ms / perSecond);
  }

  preempted(victims: number): void {
    this.#preemptions.add();
    this.#victims.observe(victims);
  }
}

/** Gauges of what there is at the moment. */
export function collectState(registry: MetricsRegistry, stateOf: () => SchedulerState | undefined): void {
  const pending = registry.gauge({
    name: "scheduler_pending_pods",
    help: "Number of pending pods, by the queue that they are in.",
    labels: ["queue"],
  });
  const unschedulable = registry.gauge({
    name: "scheduler_unschedulable_pods",
    help: "Number of waiting pods that each plugin has rejected.",
    labels: ["plugin", "profile"],
  });
  const size = registry.gauge({
    name: "scheduler_cache_size",
    help: "Number of nodes, pods on nodes, and pods on their way to one.",
    labels: ["type"],
  });
  registry.collect(() => {
    const state = stateOf();
    const counts = { active: 0, backoff: 0, waiting: 0, taken: 0, gone: 0 };
    unschedulable.clear();
    for (const entry of state?.entries ?? []) {
      counts[entry.place]++;
      if (entry.place !== "waiting" || state === undefined) continue;
      const { plugins, schedulerName } = state.profileOf(entry);
      for (const place of state.rejectedBy(entry)) {
        unschedulable.with(plugins[place]?.plugin.name ?? "", schedulerName).add();
      }
    }
    pending.with("active").set(counts.active + counts.taken);
    pending.with("backoff").set(counts.backoff);
    pending.with("unschedulable").set(counts.waiting);
    pending.with("gated").set(state?.gated ?? 0);
    size.with("nodes").set(state?.nodes ?? 0);
    size.with("pods").set(state?.pods ?? 0);
    size.with("assumed_pods").set(state?.assumed ?? 0);
  });
}

function eventName(event: ClusterEvent): string {
  if (event.type === "NodeAdded") return "NodeAdd";
  if (event.type === "NodeChanged") return "NodeUpdate";
  if (event.type === "PodRemoved") return "AssignedPodDelete";
  if (event.type !== "RelatedChanged") return "Other";
  const verb = event.isGone ? "Delete" : event.previous === undefined ? "Add" : "Update";
  return `${event.kind}${verb}`;
}
