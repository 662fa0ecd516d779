/**
 * Tells of each route what the router counted for it, as a RouteMetrics object of its name: the one source of numbers on
 * requests, for autoscalers, deploys, `nagi metrics` and monitoring.
 */

import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import type { AccessLine } from "./access-line.ts";
import type { AccessLog } from "./access-log.ts";
import type { HaproxyCli } from "./haproxy-cli.ts";
import {
  countedBetween,
  noTotals,
  parseStatistics,
  windowOf,
  type BackendCounters,
  type Reading,
  type Totals,
} from "./route-statistics.ts";

const defaultWindowMs = 10_000;
/** Lines between two readings that are looked into; of more, the latest. */
const linesMax = 100_000;

export interface RouteMeterOptions {
  readonly client: Client;
  readonly cli: HaproxyCli;
  readonly accessLog: AccessLog;
  readonly routes: () => readonly Route[];
  /** Name of the pod behind `address:port`. */
  readonly targetOf: (server: string) => string | undefined;
  /** `namespace:app:route` of a backend. */
  readonly nameOf: (backend: string) => string | undefined;
  /** How long is counted before it is told; 10 s when absent. */
  readonly windowMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class RouteMeter {
  readonly #options: RouteMeterOptions;
  readonly #totals = new Map<string, Totals>();
  /** What was told last, by the route: it is told once that there is nothing any more. */
  readonly #busy = new Map<string, { readonly requests: number; readonly open: number }>();
  #last: { readonly reading: Reading; readonly atMs: number } | undefined;
  #lines: AccessLine[] = [];

  constructor(options: RouteMeterOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, windowMs = defaultWindowMs } = this.#options;
    while (!signal.aborted) {
      await this.measure().catch((error: unknown) => {
        if (!signal.aborted) log.debug("cannot tell what routes served, trying again", { error });
      });
      await sleep(clock, windowMs, signal);
    }
  }

  /** Hears of every line of the access log, once. */
  hear(lines: readonly AccessLine[]): void {
    for (const line of lines.slice(-linesMax)) this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines = this.#lines.slice(-linesMax);
  }

  /** Once; the first time there is nothing to tell yet. */
  async measure(): Promise<void> {
    const { accessLog, clock, cli, nameOf, routes } = this.#options;
    await accessLog.catchUp();
    const last = this.#last;
    const reading = await this.#read(cli);
    const now = (this.#last = { reading, atMs: clock.now() });
    const lines = this.#takeLines();
    if (last === undefined) await this.#recall();
    if (last === undefined || now.atMs <= last.atMs) return;
    const known = new Map(routes().map((route) => [keyOf(refOf(route)), route]));
    for (const key of this.#totals.keys()) if (!known.has(key)) this.#totals.delete(key);
    for (const key of this.#busy.keys()) if (!known.has(key)) this.#busy.delete(key);
    for (const [backend, counted] of countedBetween(last.reading, reading)) {
      const [namespace, , name] = nameOf(backend)?.split(":") ?? [];
      const key = `${namespace}/${name}`;
      const route = known.get(key);
      const { requests, open } = this.#busy.get(key) ?? { requests: 0, open: 0 };
      // What takes long is no answer yet, but somebody waits for it.
      const isQuiet = counted.answers === 0 && requests === 0 && counted.open === open;
      if (route === undefined || isQuiet) continue;
      this.#busy.set(key, { requests: counted.answers, open: counted.open });
      const before = this.#totals.get(key) ?? noTotals;
      const passedMs = now.atMs - last.atMs;
      const { targetOf } = this.#options;
      const content = windowOf(counted, lines.get(key) ?? [], { windowMs: passedMs, before, targetOf });
      this.#totals.set(key, content.total);
      await this.#tell(route, { ...stamp(now.atMs, passedMs), ...content });
    }
  }

  /** What an earlier run told may not be so any more. */
  async #recall(): Promise<void> {
    const { items } = await this.#options.client.list(routeMetrics);
    for (const each of items)
      this.#busy.set(keyOf(refOf(each)), { requests: each.requests ?? 0, open: each.open ?? 0 });
  }

  async #read(cli: HaproxyCli): Promise<Reading> {
    const { workers } = await cli.masterState();
    const all = new Map<string, BackendCounters>();
    for (const { pid } of workers) {
      // Backends of all proxies: type 2, and no servers.
      const text = (await cli.dump(pid, "show stat -1 2 -1")).toString("latin1");
      for (const [key, counters] of parseStatistics(pid, text)) all.set(key, counters);
    }
    return all;
  }

  #takeLines(): Map<string, AccessLine[]> {
    const lines = this.#lines;
    this.#lines = [];
    return Map.groupBy(lines, ({ namespace, route }) => `${namespace}/${route}`);
  }

  async #tell(route: Route, content: Partial<RouteMetrics>): Promise<void> {
    const { client } = this.#options;
    const { name = "", namespace, labels = {}, uid = "" } = route.metadata;
    const ref = { namespace, name };
    const owner = { apiVersion: route.apiVersion, kind: route.kind, name, uid };
    const metadata = { ...ref, labels: { ...labels }, ownerReferences: [owner] };
    const object = newObject<RouteMetrics>(routeMetrics, metadata, content);
    try {
      await client.update(routeMetrics, object);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(routeMetrics, object);
    }
  }
}

function stamp(nowMs: number, passedMs: number): { readonly timestamp: string; readonly window: string } {
  return {
    timestamp: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
    window: `${Math.round(passedMs / 1000)}s`,
  };
}
