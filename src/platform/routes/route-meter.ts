/**
 * Tells of each route, and each path of an Ingress, what the router counted for it, as a RouteMetrics object of its name: the one source of numbers on
 * requests, for autoscalers, deploys, `nagi metrics` and monitoring.
 */

import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { apiVersionOf, newObject } from "../../model/kind.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { ingress } from "../../model/kinds/networking/ingress/ingress.ts";
import {
  routeMetrics,
  servedServiceLabel,
  type RouteMetrics,
} from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { isNotFound } from "../../model/status.ts";
import type { AccessLine } from "./access-line.ts";
import type { AccessLog } from "./access-log.ts";
import { appOf, type Exposed } from "./exposed.ts";
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
const partAnnotation = "nagi.dev/part-of-ingress";
/** Lines between two readings that are looked into; of more, the latest. */
const linesMax = 100_000;

export interface RouteMeterOptions {
  readonly client: Client;
  readonly cli: HaproxyCli;
  readonly accessLog: AccessLog;
  readonly served: () => readonly Exposed[];
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
    const { accessLog, clock, cli, nameOf, served } = this.#options;
    await accessLog.catchUp();
    const last = this.#last;
    const reading = await this.#read(cli);
    const now = (this.#last = { reading, atMs: clock.now() });
    const lines = this.#takeLines();
    if (last === undefined) await this.#recall();
    if (last === undefined || now.atMs <= last.atMs) return;
    const known = new Map(served().map((each) => [keyOfBackend(each.backend), each]));
    for (const key of this.#totals.keys()) if (!known.has(key)) this.#totals.delete(key);
    for (const key of this.#busy.keys()) if (!known.has(key)) this.#busy.delete(key);
    for (const [backend, counted] of countedBetween(last.reading, reading)) {
      const key = keyOfBackend(nameOf(backend) ?? "");
      const exposed = known.get(key);
      const { requests, open } = this.#busy.get(key) ?? { requests: 0, open: 0 };
      // What takes long is no answer yet, but somebody waits for it.
      const isQuiet = counted.answers === 0 && requests === 0 && counted.open === open;
      if (exposed === undefined || isQuiet) continue;
      this.#busy.set(key, { requests: counted.answers, open: counted.open });
      const before = this.#totals.get(key) ?? noTotals;
      const passedMs = now.atMs - last.atMs;
      const { targetOf } = this.#options;
      const content = windowOf(counted, lines.get(key) ?? [], { windowMs: passedMs, before, targetOf });
      this.#totals.set(key, content.total);
      await this.#tell(exposed, { ...stamp(now.atMs, passedMs), ...content });
    }
  }

  /** What an earlier run told may not be so any more. */
  async #recall(): Promise<void> {
    const { items } = await this.#options.client.list(routeMetrics);
    for (const each of items)
      this.#busy.set(keyOfTold(each), { requests: each.requests ?? 0, open: each.open ?? 0 });
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

  async #tell(exposed: Exposed, content: Partial<RouteMetrics>): Promise<void> {
    const { client } = this.#options;
    const object = newObject<RouteMetrics>(routeMetrics, metadataFor(exposed), content);
    try {
      await client.update(routeMetrics, object);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(routeMetrics, object);
    }
  }
}

/** `namespace/route` of `namespace:app:route`, as the access log has it. */
function keyOfBackend(name: string): string {
  const [namespace, , route] = name.split(":");
  return `${namespace}/${route}`;
}

/** No part of an Ingress' name has a slash, nor the name of an object. */
function toldName(part: string): string {
  return part.replaceAll("/", ".");
}

function keyOfTold({ metadata }: RouteMetrics): string {
  const { namespace, name = "", annotations } = metadata;
  return `${namespace}/${annotations?.[partAnnotation] ?? name}`;
}

/** Of an Ingress, everything is told under the Service that it leads to. */
function metadataFor({ route, part }: Exposed): RouteMetrics["metadata"] {
  const { name = "", namespace, labels = {}, uid = "" } = route.metadata;
  if (part === undefined) {
    const owner = { apiVersion: route.apiVersion, kind: route.kind, name, uid };
    return { namespace, name, labels: { ...labels }, ownerReferences: [owner] };
  }
  const served = { [appLabel]: appOf(route), [servedServiceLabel]: route.spec.to.name };
  const owner = { apiVersion: apiVersionOf(ingress), kind: ingress.kind, name, uid };
  return {
    namespace,
    name: toldName(part),
    labels: { ...labels, ...served },
    annotations: { [partAnnotation]: part },
    ownerReferences: [owner],
  };
}

function stamp(nowMs: number, passedMs: number): { readonly timestamp: string; readonly window: string } {
  return {
    timestamp: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
    window: `${Math.round(passedMs / 1000)}s`,
  };
}
