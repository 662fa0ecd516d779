/**
 * The containers of this instance as the engine last showed them, by pod. The engine is asked again when an
 * event says that something happened, and for everything from time to time; who changed a container itself says
 * so. Listeners hear of every difference.
 */

import { sleep, type Clock } from "../../lib/clock.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { Logger } from "../../lib/log.ts";
import { isCurrent, labels, recordOf, type ContainerRecord } from "./container-record.ts";
import { Slots } from "./slots.ts";
import { withLastWords } from "./last-words.ts";
import { eventsRetryBackoff, exitPoll, parallelInspections, relistMs } from "./limits.ts";

/** Events after which a container is looked at. */
const interesting = new Set(["start", "die", "died", "cleanup", "oom", "remove", "destroy"]);

export interface ContainerIndexOptions {
  readonly engine: ContainerEngine;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Entry {
  readonly record: ContainerRecord;
  /** When it was put here, in the order of all changes. */
  readonly order: number;
}

export class ContainerIndex {
  readonly #options: ContainerIndexOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byPod = new Map<string, Set<string>>();
  readonly #listeners = new Set<(podUid: string) => void>();
  #order = 0;
  /** Whether the last attempt to list succeeded. */
  #reachable = true;

  constructor(options: ContainerIndexOptions) {
    this.#options = options;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  ofPod(podUid: string): ContainerRecord[] {
    const ids = [...(this.#byPod.get(podUid) ?? [])];
    return ids.flatMap((id) => this.#entries.get(id)?.record ?? []);
  }

  get(id: string): ContainerRecord | undefined {
    return this.#entries.get(id)?.record;
  }

  podUids(): string[] {
    return [...this.#byPod.keys()];
  }

  all(): ContainerRecord[] {
    return [...this.#entries.values()].map(({ record }) => record);
  }

  /** Returns the way to end that. */
  onChange(listener: (podUid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(record: ContainerRecord): void {
    this.#order += 1;
    this.#entries.set(record.id, { record, order: this.#order });
    const ids = this.#byPod.get(record.podUid);
    if (ids === undefined) this.#byPod.set(record.podUid, new Set([record.id]));
    else ids.add(record.id);
    this.#tell(record.podUid);
  }

  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const { podUid } = entry.record;
    this.#order += 1;
    this.#entries.delete(id);
    const ids = this.#byPod.get(podUid);
    ids?.delete(id);
    if (ids?.size === 0) this.#byPod.delete(podUid);
    this.#tell(podUid);
  }

  /** Asks the engine for one container. */
  async refresh(id: string): Promise<ContainerRecord | undefined> {
    try {
      const record = recordOf(await this.#options.engine.inspectContainer(id));
      if (record === undefined) return undefined;
      const known = this.get(id);
      if (known?.state === "exited" && record.state === "exited") return known;
      const full = record.state === "exited" ? await withLastWords(this.#options.engine, record) : record;
      this.set(full);
      return full;
    } catch (error) {
      if (!isEngineError(error, 404)) throw error;
      this.drop(id);
      return undefined;
    }
  }

  /** Asks the engine for everything. */
  async relist(): Promise<void> {
    const { engine, instance } = this.#options;
    const startOrder = this.#order;
    const found = await engine.listContainers({ [labels.instance]: instance }).catch((error: unknown) => {
      this.#reachable = false;
      throw error;
    });
    this.#reachable = true;
    const ids = new Set(found.map(({ Id }) => Id));
    for (const [id, { order }] of this.#entries) if (order <= startOrder && !ids.has(id)) this.drop(id);
    const changed = found.filter((summary) => {
      const known = this.get(summary.Id);
      return known === undefined || !isCurrent(known, summary);
    });
    const looks = new Slots(parallelInspections);
    await Promise.all(changed.map(({ Id }) => looks.use(() => this.refresh(Id))));
  }

  /** Resolves when the container has ended or is gone, or when the signal aborts. */
  async waitExit(id: string, signal: AbortSignal): Promise<void> {
    const podUid = this.get(id)?.podUid;
    const isOver = (): boolean => signal.aborted || this.get(id)?.state !== "running";
    const over = Promise.withResolvers<void>();
    const listener = (changed: string): void => {
      if (changed === podUid && isOver()) over.resolve();
    };
    this.#listeners.add(listener);
    try {
      for (let looks = 1; !isOver(); looks++) {
        await Promise.race([
          over.promise,
          sleep(this.#options.clock, backoffDelayMs(exitPoll, looks), signal),
        ]);
        if (!isOver()) await this.refresh(id);
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Follows the engine until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#relistOften(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { engine, instance, clock, log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        for await (const event of engine.containerEvents({ [labels.instance]: instance }, signal)) {
          failures = 0;
          if (interesting.has(event.Action)) void this.#refreshQuietly(event.Actor.ID);
        }
      } catch (error) {
        if (signal.aborted) return;
        log.info("lost the engine's events", { error });
      }
      failures += 1;
      await sleep(clock, backoffDelayMs(eventsRetryBackoff, failures), signal);
      if (!signal.aborted) await this.#relistQuietly();
    }
  }

  async #relistOften(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, relistMs, signal);
      if (!signal.aborted) await this.#relistQuietly();
    }
  }

  async #relistQuietly(): Promise<void> {
    await this.relist().catch((error: unknown) => {
      this.#options.log.warn("cannot list containers, trying again", { error });
    });
  }

  /** A failure shows again at the next listing. */
  async #refreshQuietly(id: string): Promise<void> {
    await this.refresh(id).catch((error: unknown) => {
      this.#options.log.info("cannot inspect a container, trying again", { id, error });
    });
  }

  #tell(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }
}
