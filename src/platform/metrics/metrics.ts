/**
 * Numbers of all apps: their last hours in memory and, for the next start, in files; and the present ones for monitoring. All of it comes from objects: what
 * the router, the agent and the controllers tell.
 */

import type { Client } from "../../client/client.ts";
import { Informer } from "../../client/informer.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { AppMetrics } from "../../model/app-metrics.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { nodeMetrics } from "../../model/kinds/metrics/nodemetrics/nodemetrics.ts";
import { podMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { emptyLatencies } from "../../model/kinds/nagi/routemetrics/latency.ts";
import { logDrain } from "../../model/kinds/nagi/logdrain/logdrain.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import { AppHistory, grownSince, stepMs, stepsMax, type Step } from "./history.ts";
import { HistoryFiles } from "./history-files.ts";
import { usesByProcess } from "./process-use.ts";
import type { Exposed } from "./exposition.ts";
import { scrapeToken } from "./scrape-token.ts";

/** Apps whose history is kept: those that came first. Each takes some 250 kB and 70 kB a process type. */
const appsMax = 200;
/** Of an app's steps, one is followed by writing them all: after five minutes. */
const stepsPerWrite = 20;

export interface MetricsOptions {
  readonly client: Client;
  /** For the histories. */
  readonly dir: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Metrics {
  readonly #options: MetricsOptions;
  readonly #informers;
  readonly #histories = new Map<string, AppHistory>();
  readonly #totals = new Map<string, RouteMetrics["total"]>();
  readonly #files: HistoryFiles;
  /** Apps whose files are to go. */
  readonly #gone: string[] = [];
  #step = 0;

  constructor(options: MetricsOptions) {
    const { client, clock } = options;
    const given = { client, clock, log: options.log.child({ component: "metrics" }) };
    this.#options = options;
    this.#files = new HistoryFiles(options.dir, given.log);
    this.#informers = {
      apps: new Informer({ ...given, kind: app }),
      pods: new Informer({ ...given, kind: pod, indexers: { app: appsOf } }),
      podMetrics: new Informer({ ...given, kind: podMetrics }),
      nodes: new Informer({ ...given, kind: node }),
      nodeMetrics: new Informer({ ...given, kind: nodeMetrics }),
      routeMetrics: new Informer({ ...given, kind: routeMetrics, indexers: { app: appsOf } }),
      builds: new Informer({ ...given, kind: build }),
      drains: new Informer({ ...given, kind: logDrain }),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const all = Object.values(this.#informers);
    const running = all.map((informer) => informer.run(signal));
    await Promise.all(all.map((informer) => informer.waitForSync(signal)));
    await scrapeToken(this.#options.client);
    // What was counted before this run is no part of its first step.
    for (const each of this.#informers.routeMetrics.list()) this.#totals.set(keyOf(refOf(each)), each.total);
    await this.#restore();
    while (!signal.aborted) {
      await sleep(this.#options.clock, stepMs, signal);
      if (signal.aborted) break;
      this.measure();
      await this.#write((index) => index % stepsPerWrite === this.#step % stepsPerWrite);
    }
    await this.#write(() => true);
    await Promise.all(running);
  }

  /** What was known at the last end, with a gap for the time since. */
  async #restore(): Promise<void> {
    const nowMs = this.#options.clock.now();
    for (const [key, { uid, timeMs, history }] of await this.#files.readAll()) {
      if (this.#informers.apps.get(key)?.metadata.uid !== uid) {
        await this.#files.remove(key);
        continue;
      }
      if (this.#histories.size >= appsMax || this.#histories.has(key)) continue;
      history.skip(Math.max(0, Math.round((nowMs - timeMs) / stepMs)));
      this.#histories.set(key, history);
    }
  }

  async #write(isDue: (index: number) => boolean): Promise<void> {
    const timeMs = this.#options.clock.now();
    for (const [index, [key, history]] of [...this.#histories].entries()) {
      const uid = this.#informers.apps.get(key)?.metadata.uid;
      if (uid !== undefined && isDue(index)) await this.#files.write(key, { uid, timeMs, history });
    }
    for (const key of this.#gone.splice(0)) await this.#files.remove(key);
  }

  /** One step of every app. */
  measure(): void {
    const { apps, routeMetrics: counted } = this.#informers;
    this.#step += 1;
    for (const key of this.#histories.keys()) {
      if (apps.get(key) !== undefined) continue;
      this.#histories.delete(key);
      this.#gone.push(key);
    }
    for (const each of apps.list()) {
      const key = keyOf(refOf(each));
      let history = this.#histories.get(key);
      if (history === undefined) {
        if (this.#histories.size >= appsMax) continue;
        history = new AppHistory();
        this.#histories.set(key, history);
      }
      history.add(this.#stepOf(key));
    }
    for (const key of this.#totals.keys()) if (counted.get(key) === undefined) this.#totals.delete(key);
  }

  /** Undefined for an app of which nothing is known. */
  appMetrics(namespace: string, name: string, sinceMs: number): AppMetrics | undefined {
    const key = `${namespace}/${name}`;
    if (this.#informers.apps.get(key) === undefined) return undefined;
    const steps = Math.min(stepsMax, Math.max(1, Math.ceil(sinceMs / stepMs)));
    const history = this.#histories.get(key) ?? new AppHistory();
    const time = new Date(this.#options.clock.now()).toISOString();
    return { app: name, namespace, stepSeconds: stepMs / 1000, time, ...history.read(steps) };
  }

  exposed(): Exposed {
    const { apps, pods, nodes, builds, drains, ...measured } = this.#informers;
    return {
      version: this.#options.version,
      apps: apps.list(),
      pods: pods.list(),
      podMetricsOf: (each) => measured.podMetrics.get(keyOf(refOf(each))),
      nodes: nodes.list(),
      nodeMetricsOf: (name) => measured.nodeMetrics.get(name),
      routes: measured.routeMetrics.list(),
      builds: builds.list(),
      drains: drains.list(),
    };
  }

  #stepOf(key: string): Step {
    const { pods, podMetrics: used, routeMetrics: counted } = this.#informers;
    const latencies = emptyLatencies();
    let requests = 0;
    let errors = 0;
    for (const each of counted.byIndex("app", key)) {
      const route = keyOf(refOf(each));
      const grown = grownSince(this.#totals.get(route), each.total ?? {});
      this.#totals.set(route, each.total);
      requests += grown.requests;
      errors += grown.errors;
      grown.latencies.forEach((value, index) => (latencies[index] = (latencies[index] ?? 0) + value));
    }
    const metricsOf = (of: Pod) => used.get(keyOf(refOf(of)));
    return { requests, errors, latencies, processes: usesByProcess(pods.byIndex("app", key), metricsOf) };
  }
}

function appsOf({ metadata }: KubeObject): string[] {
  const name = metadata.labels?.[appLabel];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}
