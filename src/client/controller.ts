/**
 * Runs a reconciler. What must stay true of one: it takes only a key, reads the present state and can be called
 * at any time any number of times. Events only wake it, a failure brings the key back with back-off, and a
 * periodic resync of all keys backs both up.
 */

import { sleep, type Clock } from "../lib/clock.ts";
import type { BackoffOptions } from "../lib/backoff.ts";
import type { Logger } from "../lib/log.ts";
import type { Kind } from "../model/kind.ts";
import type { KubeObject } from "../model/meta.ts";
import { isConflict } from "../model/status.ts";
import type { Client } from "./client.ts";
import { Informer, type InformerHandler } from "./informer.ts";
import { WorkQueue } from "./work-queue.ts";

const defaultResyncMs = 10 * 60_000;

export interface Reconciled {
  /** Come back to the key after this long even if nothing changes. */
  readonly requeueAfterMs?: number | undefined;
}

/** What wakes the reconciler, and with which keys. */
export type ControllerWatch = KindWatch | InformerWatch;

export interface KindWatch {
  readonly kind: Kind;
  /** Asked of the new version and, for an update, of the previous one too. Declare the parameter's real type. */
  keysOf(object: KubeObject): Iterable<string>;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface InformerWatch {
  /** An `Informer` of any kind, run by whoever made it. */
  readonly informer: WatchedInformer;
  keysOf(object: KubeObject): Iterable<string>;
}

/** What the runtime needs of an informer, whatever its kind. */
export interface WatchedInformer {
  list(): KubeObject[];
  onChange(handler: InformerHandler<KubeObject>): () => void;
  waitForSync(signal: AbortSignal): Promise<void>;
}

export interface ControllerOptions {
  readonly name: string;
  readonly client: Client;
  readonly watches: readonly ControllerWatch[];
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled | undefined | void>;
  /** Keys that are worked on at a time; 1 when absent. */
  readonly workers?: number | undefined;
  readonly resyncMs?: number | undefined;
  /** Of failed keys. */
  readonly backoff?: BackoffOptions | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs until the signal aborts and the reconciliations under way have ended. */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const log = options.log.child({ controller: options.name });
  const queue = new WorkQueue({ clock: options.clock, backoff: options.backoff });
  const running: Promise<void>[] = [];
  const detach: (() => void)[] = [];
  const sources = options.watches.map((watch) => {
    if ("informer" in watch) return { informer: watch.informer, watch };
    const { kind, namespace, labelSelector, fieldSelector } = watch;
    const { client, clock } = options;
    const informer = new Informer({ client, kind, clock, log, namespace, labelSelector, fieldSelector });
    running.push(informer.run(signal));
    return { informer, watch };
  });
  const wake = (watch: ControllerWatch, object: KubeObject): void => {
    for (const key of watch.keysOf(object)) queue.add(key);
  };
  for (const { informer, watch } of sources) {
    const stop = informer.onChange(({ object, previous }) => {
      if (previous !== undefined) wake(watch, previous);
      wake(watch, object);
    });
    detach.push(stop);
  }
  const wakeAll = (): void => {
    for (const { informer, watch } of sources) for (const object of informer.list()) wake(watch, object);
  };
  try {
    await Promise.all(sources.map(({ informer }) => informer.waitForSync(signal)));
    const workers = Array.from({ length: options.workers ?? 1 }, () => work({ options, queue, log }, signal));
    await Promise.all([...running, ...workers, resync(options, wakeAll, signal)]);
  } finally {
    for (const stop of detach) stop();
    queue.close();
  }
}

interface Worker {
  readonly options: ControllerOptions;
  readonly queue: WorkQueue;
  readonly log: Logger;
}

async function work(worker: Worker, signal: AbortSignal): Promise<void> {
  const { queue } = worker;
  for (;;) {
    const key = await queue.take(signal);
    if (key === undefined) return;
    await reconcileOnce(worker, key, signal);
    queue.done(key);
  }
}

async function reconcileOnce(
  { options, queue, log }: Worker,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const result = await options.reconcile(key, signal);
    queue.forget(key);
    if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    queue.addRateLimited(key);
    // Somebody else wrote first: the next try sees that.
    if (isConflict(error)) log.debug("cannot reconcile, trying again", { key, error });
    else log.warn("cannot reconcile, trying again", { key, failures: queue.failures(key), error });
  }
}

async function resync(options: ControllerOptions, wakeAll: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(options.clock, options.resyncMs ?? defaultResyncMs, signal);
    if (!signal.aborted) wakeAll();
  }
}
