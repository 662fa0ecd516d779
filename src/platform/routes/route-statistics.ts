/**
 * From HAProxy's counters and the lines of its access log to what is told of each route. Pure. Counts come from the
 * counters, which miss nothing; how long answers took, and which pod gave them, from the lines, each of which stands for
 * as many requests as there were for it when not all are written.
 */

import {
  addLatency,
  emptyLatencies,
  latencyPercentile,
} from "../../model/kinds/nagi/routemetrics/latency.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { milliQuantity } from "../../model/quantity.ts";
import { isConnection, isFailed as isError, type AccessLine } from "./access-line.ts";

/** Of one backend: they grow for ever, apart from the last two. */
export interface BackendCounters {
  readonly answers: number;
  readonly clientErrors: number;
  readonly errors: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly open: number;
  readonly queued: number;
}

/** By `pid backend`: each worker counts for itself. */
export type Reading = ReadonlyMap<string, BackendCounters>;

export interface Totals {
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly unserved: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly tookMs: number;
  readonly latencies: number[];
}

export type WindowContent = Pick<
  RouteMetrics,
  "requests" | "clientErrors" | "serverErrors" | "unserved" | "latency" | "open" | "queued" | "targets"
> & { readonly requestsPerSecond: string; readonly total: Totals };

/** Pods of a route that are told of. */
const targetsMax = 50;

export const noTotals: Totals = {
  requests: 0,
  clientErrors: 0,
  serverErrors: 0,
  unserved: 0,
  receivedBytes: 0,
  sentBytes: 0,
  tookMs: 0,
  latencies: emptyLatencies(),
};

/** Lines of `show stat`, of backends only. */
export function parseStatistics(pid: number, text: string): Map<string, BackendCounters> {
  const [head = "", ...rows] = text.split("\n");
  const names = head.replace(/^# /, "").split(",");
  const column = new Map(names.map((name, index) => [name, index]));
  const found = new Map<string, BackendCounters>();
  for (const row of rows) {
    const cells = row.split(",");
    const value = (name: string): number => Number(cells[column.get(name) ?? -1] ?? 0);
    const [backend = "", kind] = cells;
    if (backend === "" || kind !== "BACKEND") continue;
    const byClass = ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"].map(value);
    const isTcp = cells[column.get("mode") ?? -1] === "tcp";
    found.set(`${pid} ${backend}`, {
      answers: isTcp ? value("stot") : byClass.reduce((sum, count) => sum + count, 0),
      clientErrors: isTcp ? value("dreq") : (byClass[3] ?? 0),
      errors: isTcp ? value("econ") : (byClass[4] ?? 0),
      receivedBytes: value("bin"),
      sentBytes: value("bout"),
      open: value("scur"),
      queued: value("qcur"),
    });
  }
  return found;
}

/** What was counted between two readings, by backend. What a worker that is new counted, it counted since. */
export function countedBetween(before: Reading, after: Reading): Map<string, BackendCounters> {
  const sums = new Map<string, BackendCounters>();
  for (const [key, now] of after) {
    const backend = key.slice(key.indexOf(" ") + 1);
    const then = before.get(key);
    const sum = sums.get(backend);
    const grown = (name: keyof BackendCounters): number =>
      (sum?.[name] ?? 0) + Math.max(0, now[name] - (then?.[name] ?? 0));
    sums.set(backend, {
      answers: grown("answers"),
      clientErrors: grown("clientErrors"),
      errors: grown("errors"),
      receivedBytes: grown("receivedBytes"),
      sentBytes: grown("sentBytes"),
      open: (sum?.open ?? 0) + now.open,
      queued: (sum?.queued ?? 0) + now.queued,
    });
  }
  return sums;
}

/** What is told of one route. */
export function windowOf(
  counted: BackendCounters,
  lines: readonly AccessLine[],
  given: {
    readonly windowMs: number;
    readonly before: Totals;
    readonly targetOf: (server: string) => string | undefined;
  },
): WindowContent {
  const failed = lines.filter(isError);
  const fineLines = lines.length - failed.length;
  const weightOf = (line: AccessLine): number =>
    isError(line)
      ? Math.max(1, counted.errors / failed.length)
      : Math.max(1, (counted.answers - counted.errors) / fineLines);
  const latencies = emptyLatencies();
  let allTookMs = given.before.tookMs;
  for (const line of lines) {
    if (tookMs(line) < 0) continue;
    addLatency(latencies, tookMs(line), weightOf(line));
    allTookMs += tookMs(line) * weightOf(line);
  }
  const unservedLines = failed.filter(({ server }) => isNobody(server));
  const unserved = Math.min(
    counted.errors,
    Math.round(unservedLines.reduce((sum, line) => sum + weightOf(line), 0)),
  );
  const counts = {
    requests: counted.answers,
    clientErrors: counted.clientErrors,
    serverErrors: counted.errors - unserved,
    unserved,
  };
  return {
    requestsPerSecond: milliQuantity(Math.round((counted.answers * 1_000_000) / given.windowMs)),
    ...counts,
    latency: {
      p50Ms: latencyPercentile(latencies, 50),
      p95Ms: latencyPercentile(latencies, 95),
      p99Ms: latencyPercentile(latencies, 99),
    },
    open: counted.open,
    queued: counted.queued,
    targets: targetsOf(lines, weightOf, given.targetOf),
    total: {
      requests: given.before.requests + counts.requests,
      clientErrors: given.before.clientErrors + counts.clientErrors,
      serverErrors: given.before.serverErrors + counts.serverErrors,
      unserved: given.before.unserved + counts.unserved,
      receivedBytes: given.before.receivedBytes + counted.receivedBytes,
      sentBytes: given.before.sentBytes + counted.sentBytes,
      tookMs: Number(allTookMs.toFixed(3)),
      latencies: latencies.map((count, index) =>
        Number((count + (given.before.latencies[index] ?? 0)).toFixed(3)),
      ),
    },
  };
}

function targetsOf(
  lines: readonly AccessLine[],
  weightOf: (line: AccessLine) => number,
  targetOf: (server: string) => string | undefined,
): WindowContent["targets"] {
  const answered = lines.filter(({ server }) => !isNobody(server));
  const byServer = Map.groupBy(answered, ({ server }) => targetOf(server) ?? server);
  const weighed = (some: readonly AccessLine[]): number =>
    Math.round(some.reduce((sum, line) => sum + weightOf(line), 0));
  return [...byServer]
    .map(([name, some]) => {
      const latencies = emptyLatencies();
      for (const line of some) if (tookMs(line) >= 0) addLatency(latencies, tookMs(line), weightOf(line));
      return {
        name,
        requests: weighed(some),
        serverErrors: weighed(some.filter(isError)),
        p95Ms: latencyPercentile(latencies, 95),
      };
    })
    .toSorted((a, b) => b.requests - a.requests)
    .slice(0, targetsMax);
}

/** Below zero for what was not answered, and for connections: how long they are open says nothing of the app. */
function tookMs(line: AccessLine): number {
  return isConnection(line) ? -1 : Number(line.tookMs);
}

function isNobody(server: string): boolean {
  return server.startsWith("-");
}
