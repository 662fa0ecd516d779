/**
 * Keeps the lines of all apps: of their containers, of the router and of what the platform does with them. What is kept
 * lies in the data directory, a folder an app, and outlives pods, releases and restarts.
 */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Informer, type InformerChange } from "../../client/informer.ts";
import type { Client } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import type { LogLine } from "../../model/log-line.ts";
import { keyOf, refOf, type KubeObject, type ObjectMeta } from "../../model/meta.ts";
import { AppLog } from "./app-log.ts";
import { AppLogSource } from "./app-log-source.ts";
import { Drains, type DrainOutside } from "./drains/drains.ts";
import { appLines, buildLines, eventLine, podLines, releaseLines } from "./platform-lines.ts";
import { PodFollowers } from "./pod-followers.ts";
import type { LogLimits } from "./segments.ts";

const tidyMs = 3600_000;
const usualFailures = 4;
const defaultMegabytes = 50;
const defaultDays = 7;
const dayMs = 24 * 3600_000;

/** A line of the router. */
export interface RoutedLine {
  readonly namespace: string;
  readonly app: string;
  readonly timeMs: number;
  readonly text: string;
}

export interface AppLogsOptions {
  readonly client: Client;
  readonly dir: string;
  /** Called while somebody follows an app's lines; returns the way to end that. */
  readonly hurry: () => () => void;
  /** The way to receivers of drains. */
  readonly outside: () => Promise<DrainOutside>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class AppLogs {
  readonly #options: AppLogsOptions;
  readonly #log: Logger;
  readonly #logs = new Map<string, AppLog>();
  readonly #apps: Informer<App>;
  readonly #pods: Informer<Pod>;
  readonly logSource: LogSource;

  constructor(options: AppLogsOptions) {
    const { client, clock, hurry } = options;
    this.#options = options;
    this.#log = options.log.child({ component: "logs" });
    const given = { client, clock, log: this.#log };
    this.#apps = new Informer({ ...given, kind: app });
    this.#pods = new Informer({ ...given, kind: pod, labelSelector: appLabel });
    this.logSource = new AppLogSource({
      logOf: (namespace, name) => this.logOf(namespace, name),
      hurry,
      clock,
    });
  }

  logOf(namespace: string, name: string): AppLog {
    const key = `${namespace}/${name}`;
    let found = this.#logs.get(key);
    if (found === undefined) {
      const limits = (): LogLimits => limitsOf(this.#apps.get(key));
      const { dir, clock } = this.#options;
      found = new AppLog({ dir: join(dir, namespace, name), limits, clock, log: this.#log });
      this.#logs.set(key, found);
    }
    return found;
  }

  /** Those of apps; others are left out. */
  addRouted(lines: readonly RoutedLine[]): void {
    for (const [key, some] of Map.groupBy(lines, (line) => `${line.namespace}/${line.app}`)) {
      const [first] = some;
      if (first === undefined || this.#apps.get(key) === undefined) continue;
      const kept = some.map(({ timeMs, text }): LogLine => {
        return { time: new Date(timeMs).toISOString(), source: "router", text };
      });
      void this.logOf(first.namespace, first.app).add(kept);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const given = { client, clock, log: this.#log };
    const releases = new Informer({ ...given, kind: release });
    const builds = new Informer({ ...given, kind: build, labelSelector: appLabel });
    const fieldSelector = "involvedObject.kind=Pod";
    const events = new Informer({ ...given, kind: event, fieldSelector });
    const informers = [this.#apps, this.#pods, releases, builds, events];
    const running = informers.map((informer) => informer.run(signal));
    await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    if (signal.aborted) return;
    await this.#openKept();
    const followers = new PodFollowers({ ...given, pods: this.#pods, logOf: (of) => this.#logOfPod(of) });
    this.#tellOf(this.#apps, ({ type, object, previous }) => {
      if (type === "deleted") void this.#forget(keyOf(refOf(object)));
      else if (previous !== undefined)
        this.#tell(object.metadata, object.metadata.name, appLines(previous, object));
    });
    this.#tellOf(this.#pods, ({ type, object, previous }) => {
      const name = appOf(object);
      if (type === "updated" && previous !== undefined && name !== undefined)
        this.#tell(object.metadata, name, podLines(previous, object, name));
    });
    this.#tellOf(releases, ({ type, object, previous }) => {
      if (type !== "deleted") this.#tell(object.metadata, object.spec.app, releaseLines(previous, object));
    });
    this.#tellOf(builds, ({ type, object, previous }) => {
      if (type !== "deleted") this.#tell(object.metadata, appOf(object), buildLines(previous, object));
    });
    this.#tellOf(events, ({ type, object }) => {
      if (type !== "deleted") this.#tellEvent(object);
    });
    const drains = new Drains({
      ...given,
      logOf: (namespace, name) => this.logOf(namespace, name),
      tell: (namespace, name, text) => this.#tell({ namespace }, name, [text]),
      outside: this.#options.outside,
    });
    await Promise.all([...running, followers.run(signal), drains.run(signal), this.#tidyOften(signal)]);
    await Promise.allSettled([...this.#logs.values()].map((each) => each.close()));
  }

  /** Of changes from now on: what is there was told of when it came. */
  #tellOf<T extends KubeObject>(informer: Informer<T>, tell: (change: InformerChange<T>) => void): void {
    let isPast = true;
    informer.onChange((change) => {
      if (!isPast) tell(change);
    });
    isPast = false;
  }

  #tell(
    { namespace = "" }: Pick<ObjectMeta, "namespace">,
    name: string | undefined,
    texts: readonly string[],
  ): void {
    if (texts.length === 0 || name === undefined || this.#apps.get(`${namespace}/${name}`) === undefined)
      return;
    const time = new Date(this.#options.clock.now()).toISOString();
    const lines = texts.map((text) => ({
      time,
      source: "platform",
      text: text.replaceAll(/\s*\n\s*/g, " "),
    }));
    void this.logOf(namespace, name).add(lines);
  }

  #tellEvent(object: Event): void {
    const { involvedObject, count = 1 } = object;
    // What goes on and on is told of the first time, the second, the fourth, ...; that a check fails while an app starts, is usual.
    if ((count & (count - 1)) !== 0 || (object.reason === "Unhealthy" && count < usualFailures)) return;
    const about = this.#pods.get(`${involvedObject.namespace}/${involvedObject.name}`);
    const name = about === undefined ? undefined : appOf(about);
    if (about === undefined || name === undefined) return;
    const line = eventLine(object, about, name);
    if (line !== undefined) this.#tell(about.metadata, name, [line]);
  }

  #logOfPod(object: Pod): { readonly appLog: AppLog; readonly app: string } | undefined {
    const { namespace = "" } = object.metadata;
    const name = appOf(object);
    if (name === undefined || this.#apps.get(`${namespace}/${name}`) === undefined) return undefined;
    return { appLog: this.logOf(namespace, name), app: name };
  }

  async #forget(key: string): Promise<void> {
    const found = this.#logs.get(key);
    this.#logs.delete(key);
    await found?.remove().catch((error: unknown) => {
      this.#log.warn("cannot remove the lines of an app that has gone", {
        app: key,
        error: messageOf(error),
      });
    });
  }

  /** What is kept of apps that are there is opened, what of others goes. */
  async #openKept(): Promise<void> {
    const { dir } = this.#options;
    for (const namespace of await foldersIn(dir))
      for (const name of await foldersIn(join(dir, namespace))) {
        if (this.#apps.get(`${namespace}/${name}`) !== undefined) this.logOf(namespace, name);
        else await rm(join(dir, namespace, name), { recursive: true, force: true });
      }
  }

  async #tidyOften(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, tidyMs, signal);
      for (const each of this.#logs.values())
        await each.tidy().catch((error: unknown) => {
          this.#log.warn("cannot drop old lines of an app", { error: messageOf(error) });
        });
    }
  }
}

function appOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[appLabel];
}

function limitsOf(of: App | undefined): LogLimits {
  const { logMaxMegabytes = defaultMegabytes, logMaxDays = defaultDays } = of?.spec ?? {};
  return { maxBytes: logMaxMegabytes * 1024 * 1024, maxAgeMs: logMaxDays * dayMs };
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
