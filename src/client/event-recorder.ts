/**
 * Tells users what happened to an object, as Events. The same thing happening again raises the count of one
 * event instead of making more. Recording never fails or holds up who records: what cannot be written is logged.
 */

import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { timestamp } from "../lib/timestamp.ts";
import { event as eventKind, type Event } from "../model/kinds/core/event/event.ts";
import { newObject } from "../model/kind.ts";
import type { KubeObject } from "../model/meta.ts";
import { isNotFound, isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";

/** Events that are remembered to be counted up; the one that was not used for longest goes first. */
const knownMaxEvents = 4096;
/** Different events that wait to be written; more are dropped, with one line in the log. */
const pendingMaxEvents = 50_000;
/** How many of them are still written when the recorder is closed. */
const closingMaxEvents = 1000;
const writesAtOnce = 32;
const messageMaxLength = 1024;
/** Of the object's name in the event's, so that the whole is a valid name. */
const nameMaxLength = 200;

export interface EventRecorderOptions {
  readonly client: Client;
  /** Who reports, for instance `default-scheduler`. */
  readonly component: string;
  readonly host?: string | undefined;
  /** While it says true, events are written one by one, so that they hold up little else. */
  readonly isBusy?: (() => boolean) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Known {
  readonly namespace: string;
  readonly name: string;
  count: number;
}

/** What is to be written of one event; holds no more of the object than is needed. */
interface Happening {
  readonly object: InvolvedObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly firstTime: string;
  lastTime: string;
  times: number;
}

type InvolvedObject = Pick<KubeObject, "apiVersion" | "kind"> &
  Pick<KubeObject["metadata"], "namespace" | "name" | "uid" | "resourceVersion">;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  readonly #pending = new Map<string, Happening>();
  readonly #writing = new Set<string>();
  #flushed = Promise.withResolvers<void>();
  #dropped = 0;
  #closing = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#flushed.resolve();
  }

  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const { apiVersion, kind } = object;
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const key = `${uid ?? name}\n${type}\n${reason}\n${message}`;
    const time = timestamp(this.#options.clock.now());
    const waiting = this.#pending.get(key);
    if (waiting !== undefined) {
      waiting.times += 1;
      waiting.lastTime = time;
      return;
    }
    if (this.#pending.size >= pendingMaxEvents) {
      this.#dropped += 1;
      return;
    }
    if (this.#pending.size === 0 && this.#writing.size === 0) this.#flushed = Promise.withResolvers();
    this.#pending.set(key, {
      object: { apiVersion, kind, namespace, name, uid, resourceVersion },
      type,
      reason,
      message: message.slice(0, messageMaxLength),
      firstTime: time,
      lastTime: time,
      times: 1,
    });
    this.#pump();
  }

  /** Resolves when everything recorded so far is written or given up. */
  async flushed(): Promise<void> {
    await this.#flushed.promise;
  }

  /** Drops what would take long to write; resolves when the rest is written. */
  async close(): Promise<void> {
    this.#closing = true;
    let kept = 0;
    for (const key of this.#pending.keys()) {
      if (++kept <= closingMaxEvents) continue;
      this.#pending.delete(key);
      this.#dropped += 1;
    }
    this.#pump();
    await this.flushed();
  }

  #pump(): void {
    for (const [key, happening] of this.#pending) {
      if (this.#writing.size >= writesAtOnce) return;
      if (this.#writing.size > 0 && this.#isBusy()) return;
      // One event is written by one at a time, or it would not be counted right.
      if (this.#writing.has(key)) continue;
      this.#pending.delete(key);
      this.#writing.add(key);
      void this.#perform(key, happening);
    }
    if (this.#pending.size > 0 || this.#writing.size > 0) return;
    this.#flushed.resolve();
    if (this.#dropped > 0) this.#options.log.warn("dropped events", { count: this.#dropped });
    this.#dropped = 0;
  }

  #isBusy(): boolean {
    return !this.#closing && this.#options.isBusy?.() === true;
  }

  async #perform(key: string, happening: Happening): Promise<void> {
    try {
      await this.#write(key, happening);
    } catch (error) {
      this.#failed(happening, error);
    }
    this.#writing.delete(key);
    this.#pump();
  }

  #failed({ object, reason, message }: Happening, error: unknown): void {
    const fields = { kind: object.kind, object: object.name, reason, message, error };
    // The namespace goes, and its events with it.
    if (isStatus(error, "NotFound", "Forbidden")) this.#options.log.debug("cannot record an event", fields);
    else this.#options.log.warn("cannot record an event", fields);
  }

  async #write(key: string, happening: Happening): Promise<void> {
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#countUp(known, happening))) {
      this.#remember(key, known);
      return;
    }
    const created = await this.#options.client.create(eventKind, this.#newEvent(happening));
    const { namespace = "", name = "" } = created.metadata;
    this.#remember(key, { namespace, name, count: happening.times });
  }

  /** False when the event is gone, which events are after a while. */
  async #countUp(known: Known, { times, lastTime }: Happening): Promise<boolean> {
    const body = { count: known.count + times, lastTimestamp: lastTime };
    const { namespace, name } = known;
    try {
      await this.#options.client.patch(eventKind, { namespace, name }, { type: "merge", body });
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    known.count += times;
    return true;
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size <= knownMaxEvents) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  #newEvent({ object, type, reason, message, firstTime, lastTime, times }: Happening): Event {
    const { component, host } = this.#options;
    const { namespace, name = "" } = object;
    const metadata = { generateName: `${name.slice(0, nameMaxLength)}.`, namespace: namespace ?? "default" };
    return newObject<Event>(eventKind, metadata, {
      involvedObject: object,
      type,
      reason,
      message,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host ?? component,
      firstTimestamp: firstTime,
      lastTimestamp: lastTime,
      count: times,
    });
  }
}
