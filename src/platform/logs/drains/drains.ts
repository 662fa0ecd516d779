/** Runs the drains of all apps as their objects say, and tells in them what became of the lines. */

import type { Client } from "../../../client/client.ts";
import { Informer } from "../../../client/informer.ts";
import { sleep, type Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { secret as secretKind } from "../../../model/kinds/core/secret/secret.ts";
import { parseDrainUrl } from "../../../model/kinds/nagi/logdrain/drain-url.ts";
import { route, type Route } from "../../../model/kinds/route/route/route.ts";
import { appsAtHost, drainLoop, drainLoopText } from "../../../model/kinds/nagi/logdrain/drain-loop.ts";
import { leadsOf, logDrain, type LogDrain } from "../../../model/kinds/nagi/logdrain/logdrain.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import type { AppLog } from "../app-log.ts";
import { Drain } from "./drain.ts";
import { openReceiver, type Receiver, type ReceiverAccess } from "./receivers.ts";
import { decodeEntries } from "../../../lib/base64.ts";

const statusMs = 3000;

/** The way to the outside, as the machine's settings have it. */
export type DrainOutside = Pick<ReceiverAccess, "ca" | "proxies">;

export interface DrainsOptions {
  readonly client: Client;
  readonly logOf: (namespace: string, app: string) => AppLog;
  /** Puts a line of the platform into an app's stream. */
  readonly tell: (namespace: string, app: string, text: string) => void;
  readonly outside: () => Promise<DrainOutside>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Running {
  /** Of what it was started with. */
  readonly spec: string;
  readonly drain: Drain;
  readonly stop: () => Promise<void>;
  told: string;
}

export class Drains {
  readonly #options: DrainsOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options;
    const informer = new Informer({ client, kind: logDrain, clock, log });
    const routes = new Informer({ client, kind: route, clock, log });
    const running = [informer.run(signal), routes.run(signal)];
    await routes.waitForSync(signal);
    const problemOf = (object: LogDrain): string | undefined =>
      loopProblem(object, informer.list(), routes.list());
    const stop = informer.onChange(({ type, object }) => {
      const key = keyOf(refOf(object));
      const spec = `${object.metadata.uid} ${JSON.stringify(object.spec)}`;
      if (type !== "deleted" && this.#running.get(key)?.spec === spec) return;
      void this.#running.get(key)?.stop();
      this.#running.delete(key);
      if (type !== "deleted" && !signal.aborted) this.#running.set(key, this.#start(object, spec, problemOf));
    });
    while (!signal.aborted) {
      await sleep(clock, statusMs, signal);
      await this.#writeStatuses(informer);
    }
    stop();
    await Promise.all([...this.#running.values()].map((each) => each.stop()));
    this.#running.clear();
    await Promise.all(running);
  }

  #start(object: LogDrain, spec: string, problemOf: (object: LogDrain) => string | undefined): Running {
    const { logOf, tell, clock, log } = this.#options;
    const { namespace = "", name = "" } = object.metadata;
    const { app, source } = object.spec;
    const { sent = 0, dropped = 0 } = object.status ?? {};
    const drain = new Drain({
      name: name.startsWith(`${app}-`) ? name.slice(app.length + 1) : name,
      source,
      problem: () => problemOf(object),
      open: () => this.#open(object),
      tell: (text) => tell(namespace, app, text),
      counted: { sent, dropped },
      clock,
    });
    const appLog = logOf(namespace, app);
    appLog.listen(drain.listener);
    const stopping = new AbortController();
    const done = drain.run(stopping.signal).catch((error: unknown) => {
      log.error("a drain failed", { drain: name, error });
    });
    const stop = (): Promise<void> => {
      appLog.leave(drain.listener);
      stopping.abort();
      return done;
    };
    return { spec, drain, stop, told: "" };
  }

  async #open({ metadata, spec }: LogDrain): Promise<Receiver> {
    const target = parseDrainUrl(spec.url);
    if (target === undefined) throw new Error(`its address ${spec.url} is none`);
    const { namespace = "" } = metadata;
    const { ca, proxies } = await this.#options.outside();
    const data = await this.#secret(namespace, spec.secretName);
    const access = {
      authorization: data["authorization"],
      ca: [ca, data["ca.crt"] ?? ""].filter((each) => each !== "").join("\n"),
      proxies,
    };
    return openReceiver(target, { namespace, app: spec.app }, access);
  }

  async #secret(namespace: string, name: string | undefined): Promise<Record<string, string | undefined>> {
    if (name === undefined) return {};
    const { data = {} } = await this.#options.client.get(secretKind, { namespace, name });
    return Object.fromEntries(Object.entries(decodeEntries(data)).map(([key, text]) => [key, text.trim()]));
  }

  async #writeStatuses(informer: Informer<LogDrain>): Promise<void> {
    const { client, log } = this.#options;
    for (const [key, running] of this.#running) {
      const object = informer.get(key);
      const { status } = running.drain;
      const text = JSON.stringify(status);
      if (object === undefined || text === running.told) continue;
      try {
        // What is absent is to go.
        const body = { status: { message: null, failingSince: null, lastSentTime: null, ...status } };
        const cleaned = JSON.parse(
          JSON.stringify(body, (_, value: unknown) => (value === undefined ? null : value)),
        );
        await client.patch(
          logDrain,
          refOf(object),
          { type: "merge", body: cleaned },
          { subresource: "status" },
        );
        running.told = text;
      } catch (error) {
        if (!isNotFound(error)) log.debug("cannot tell of a drain", { error: messageOf(error) });
      }
    }
  }
}

/** Routes and other drains come and go, and so may a loop. */
function loopProblem(
  object: LogDrain,
  drains: readonly LogDrain[],
  routes: readonly Route[],
): string | undefined {
  const drain = leadsOf(object);
  const loop = drainLoop(drain, drains.map(leadsOf), appsAtHost(routes));
  return loop === undefined ? undefined : drainLoopText(drain.app, loop);
}
