/**
 * A canary: how the counts of the router add up to a step's, and what they say. Pure.
 *
 * What must stay true: a window of the router is counted once, whenever and however often this runs; a step is never
 * judged by what was counted before it began.
 */

import { canaryDefaults } from "../../model/kinds/nagi/app/app-deploy.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { CanaryStatus, CanaryStep } from "../../model/kinds/nagi/release/canary-status.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";

/** Of fewer requests nothing is said before the step is over: one bad one would be a large share. */
const judgedMin = 20;
/** So many bad ones are not by chance, however few there were. */
const failedMin = 5;
/** The router tells of requests so much later at most: for so long a step of which nothing was told is not over. */
const unheardMs = 15_000;

export interface CanarySettings {
  /** Percent of the requests, growing. */
  readonly steps: readonly number[];
  readonly intervalMs: number;
  /** Of the new release's answers that may be of 500 or above. */
  readonly maxErrorPercent: number;
  readonly maxLatencyMs: number | undefined;
}

export function canarySettings({ spec }: App): CanarySettings {
  const { steps, intervalSeconds, maxErrorPercent, maxLatencyMs } = spec?.deploy?.canary ?? {};
  return {
    steps: steps === undefined || steps.length === 0 ? canaryDefaults.steps : steps,
    intervalMs: (intervalSeconds ?? canaryDefaults.intervalSeconds) * 1000,
    maxErrorPercent: maxErrorPercent ?? canaryDefaults.maxErrorPercent,
    maxLatencyMs,
  };
}

export interface Counting {
  readonly metrics: readonly RouteMetrics[];
  /** Which of the two releases a pod is of; undefined: of neither, as what an earlier canary left. */
  readonly sideOf: (pod: string) => "new" | "before" | undefined;
}

/** A step from now on, after the ones that are over. */
export function stepFrom(
  before: CanaryStatus | undefined,
  next: { readonly step: number; readonly weight: number },
  { metrics, nowMs }: { readonly metrics: readonly RouteMetrics[]; readonly nowMs: number },
): CanaryStatus {
  const now = new Date(nowMs).toISOString();
  const over: CanaryStep[] = before === undefined ? [] : [overAt(before, now)];
  return {
    ...next,
    since: now,
    paused: before?.paused ?? false,
    requests: 0,
    serverErrors: 0,
    beforeRequests: 0,
    beforeServerErrors: 0,
    // What the router tells next is partly of before; it is late rather than wrong.
    countedUntil: Object.fromEntries(
      metrics.map(({ metadata, timestamp = now }) => [metadata.name ?? "", timestamp]),
    ),
    steps: [...(before?.steps ?? []), ...over],
  };
}

export function overAt(
  { weight, since, requests, serverErrors, p95Ms, ...rest }: CanaryStatus,
  until: string,
): CanaryStep {
  const { beforeRequests, beforeServerErrors, beforeP95Ms } = rest;
  const said = {
    weight,
    since,
    until,
    requests,
    serverErrors,
    p95Ms,
    beforeRequests,
    beforeServerErrors,
    beforeP95Ms,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** With the windows that are new since it was counted last. */
export function countWindows(canary: CanaryStatus, { metrics, sideOf }: Counting): CanaryStatus {
  const sinceMs = Date.parse(canary.since ?? "");
  let next = canary;
  for (const { metadata, timestamp = "", targets = [] } of metrics) {
    const name = metadata.name ?? "";
    const endMs = Date.parse(timestamp);
    const last = Date.parse(next.countedUntil?.[name] ?? "");
    if (!(endMs > sinceMs) || endMs <= last) continue;
    const [fresh, old] = [
      targets.filter(({ name: pod = "" }) => sideOf(pod) === "new"),
      targets.filter(({ name: pod = "" }) => sideOf(pod) === "before"),
    ];
    const mine = added(
      { requests: next.requests, serverErrors: next.serverErrors, p95Ms: next.p95Ms },
      fresh,
    );
    const theirs = added(
      { requests: next.beforeRequests, serverErrors: next.beforeServerErrors, p95Ms: next.beforeP95Ms },
      old,
    );
    next = {
      ...next,
      ...mine,
      beforeRequests: theirs.requests,
      beforeServerErrors: theirs.serverErrors,
      ...(theirs.p95Ms === undefined ? {} : { beforeP95Ms: theirs.p95Ms }),
      countedUntil: { ...next.countedUntil, [name]: timestamp },
    };
  }
  return next;
}

type Target = NonNullable<RouteMetrics["targets"]>[number];
interface Counts {
  readonly requests?: number | undefined;
  readonly serverErrors?: number | undefined;
  readonly p95Ms?: number | undefined;
}

function added(
  before: Counts,
  targets: readonly Target[],
): { requests: number; serverErrors: number; p95Ms?: number } {
  let { requests = 0, serverErrors = 0, p95Ms } = before;
  for (const each of targets) {
    const { requests: more = 0, p95Ms: theirs } = each;
    serverErrors += each.serverErrors ?? 0;
    if (theirs !== undefined && more > 0)
      p95Ms = Math.round(((p95Ms ?? theirs) * requests + theirs * more) / (requests + more));
    requests += more;
  }
  return { requests, serverErrors, ...(p95Ms === undefined ? {} : { p95Ms }) };
}

export type Verdict = { readonly what: "wait" | "next" } | { readonly what: "abort"; readonly why: string };

export function judge(
  canary: CanaryStatus,
  { intervalMs, maxErrorPercent, maxLatencyMs }: CanarySettings,
  nowMs: number,
): Verdict {
  const { requests = 0, serverErrors = 0, p95Ms = 0 } = canary;
  const isOver = nowMs - Date.parse(canary.since ?? "") >= intervalMs;
  if (requests >= judgedMin || serverErrors >= failedMin || (isOver && requests > 0)) {
    const percent = (100 * serverErrors) / requests;
    if (percent > maxErrorPercent)
      return {
        what: "abort",
        why: `${percentText(percent)} of its requests failed, more than ${maxErrorPercent} %`,
      };
    if (maxLatencyMs !== undefined && p95Ms > maxLatencyMs)
      return {
        what: "abort",
        why: `95 of 100 of its requests took up to ${p95Ms} ms, more than ${maxLatencyMs} ms`,
      };
  }
  const isCounted = requests + (canary.beforeRequests ?? 0) > 0;
  const isHeard = isCounted || nowMs - Date.parse(canary.since ?? "") >= intervalMs + unheardMs;
  return { what: isOver && isHeard && canary.paused !== true ? "next" : "wait" };
}

function percentText(percent: number): string {
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** `120 requests, 1 failed, p95 12 ms; v3: 2300 requests, 0 failed, p95 11 ms`. */
export function countsText(step: CanaryStep, before: string): string {
  const text = (requests = 0, failed = 0, p95Ms?: number): string =>
    `${requests} requests, ${failed} failed${p95Ms === undefined ? "" : `, p95 ${p95Ms} ms`}`;
  return `${text(step.requests, step.serverErrors, step.p95Ms)}; ${before}: ${text(step.beforeRequests, step.beforeServerErrors, step.beforeP95Ms)}`;
}
