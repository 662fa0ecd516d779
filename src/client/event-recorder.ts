/**
 * Tells users what happened to an object, as Events. The same thing happening again raises the count of one
 * event instead of making more. Recording never fails or holds up who records: what cannot be written is logged.
 */

import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { event as eventKind, type Event } from "../model/kinds/core/event/event.ts";
import { newObject } from "../model/kind.ts";
import type { KubeObject } from "../model/meta.ts";
import { isNotFound, isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";

/** Events that are remembered to be counted up; the one that was not used for longest goes first. */
const knownMaxEvents = 4096;
/** Events that wait to be written; more are dropped, with one line in the log. */
const pendingMaxEvents = 1000;
const messageMaxLength = 1024;
/** Of the object's name in the event's, so that the whole is a valid name. */
const nameMaxLength = 200;

export interface EventRecorderOptions {
  readonly client: Client;
  /** Who reports, for instance `default-scheduler`. */
  readonly component: string;
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Known {
  readonly namespace: string;
  readonly name: string;
  count: number;
}

interface Happening {
  readonly object: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly time: string;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  #pending: Happening[] = [];
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    if (this.#pending.length >= pendingMaxEvents) {
      this.#dropped += 1;
      return;
    }
    const time = new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    this.#pending.push({ object, type, reason, message: message.slice(0, messageMaxLength), time });
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything recorded so far is written or given up. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      try {
        await this.#write(next);
      } catch (error) {
        this.#failed(next, error);
      }
    }
    this.#writing = undefined;
    if (this.#dropped > 0) this.#options.log.warn("dropped events", { count: this.#dropped });
    this.#dropped = 0;
  }

  #failed({ object, reason, message }: Happening, error: unknown): void {
    const fields = { kind: object.kind, object: object.metadata.name, reason, message, error };
    // The namespace goes, and its events with it.
    if (isStatus(error, "NotFound", "Forbidden")) this.#options.log.debug("cannot record an event", fields);
    else this.#options.log.warn("cannot record an event", fields);
  }

  async #write(happening: Happening): Promise<void> {
    const { object, type, reason, message } = happening;
    const key = JSON.stringify([object.metadata.uid ?? object.metadata.name, type, reason, message]);
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#countUp(known, happening.time))) {
      this.#remember(key, known);
      return;
    }
    const created = await this.#options.client.create(eventKind, this.#newEvent(happening));
    const { namespace = "", name = "" } = created.metadata;
    this.#remember(key, { namespace, name, count: 1 });
  }

  /** False when the event is gone, which events are after a while. */
  async #countUp(known: Known, time: string): Promise<boolean> {
    const body = { count: known.count + 1, lastTimestamp: time };
    const { namespace, name } = known;
    try {
      await this.#options.client.patch(eventKind, { namespace, name }, { type: "merge", body });
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    known.count += 1;
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

  #newEvent({ object, type, reason, message, time }: Happening): Event {
    const { component, host } = this.#options;
    const { namespace, name = "", uid, resourceVersion } = object.metadata;
    const { apiVersion, kind } = object;
    const metadata = { generateName: `${name.slice(0, nameMaxLength)}.`, namespace: namespace ?? "default" };
    return newObject<Event>(eventKind, metadata, {
      involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host ?? component,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
  }
}
