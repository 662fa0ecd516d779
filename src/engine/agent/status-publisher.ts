/** Writes a pod's status to the API: the newest one wins, one write at a time, tried again until it is in. */

import type { Client } from "../../client/client.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { isJsonEqual } from "../../model/json.ts";
import { listeningCondition } from "../../model/kinds/core/pod/listening-condition.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isConflict, isNotFound, isStatus } from "../../model/status.ts";
import { apiBackoff } from "./limits.ts";

export interface PublisherOptions {
  readonly client: Client;
  readonly pod: Pod;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Conditions that are the agent's to write; others are left to whoever writes them. */
const ownConditions = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "ContainersReady",
  "Ready",
  listeningCondition,
]);

/** Fields of ours that a later status may lack. */
const optionalFields = ["reason", "message", "podIP", "podIPs"] as const;

export class StatusPublisher {
  readonly #options: PublisherOptions;
  #written: PodStatus | undefined;
  #wanted: PodStatus | undefined;
  #isWriting = false;
  #writing = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#written = options.pod.status;
  }

  publish(status: PodStatus): void {
    this.#wanted = status;
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writing = this.#writeAll();
  }

  /** Resolves when the newest status is written, or cannot be. */
  async flushed(): Promise<void> {
    while (this.#isWriting) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { clock, signal } = this.#options;
    let failures = 0;
    try {
      while (this.#wanted !== undefined && !signal.aborted) {
        const status = this.#wanted;
        if (isJsonEqual(plain(status), plain(this.#written))) return;
        if (await this.#isSettled(status)) {
          if (this.#wanted === status) return;
          failures = 0;
        } else {
          failures += 1;
          await sleep(clock, backoffDelayMs(apiBackoff, failures), signal);
        }
      }
    } finally {
      // In the same moment as the last look: what is published from now on is written by another round.
      this.#isWriting = false;
    }
  }

  /** Whether the status is written, or never can be. */
  async #isSettled(status: PodStatus): Promise<boolean> {
    const { log, pod } = this.#options;
    try {
      await this.#write(status);
      this.#written = status;
      return true;
    } catch (error) {
      // The pod is gone, or another one has its name: nobody waits for this status.
      if (isNotFound(error) || isConflict(error)) return true;
      if (isStatus(error, "Invalid", "BadRequest", "Forbidden")) {
        log.error("cannot write a pod's status", { pod: refOf(pod), error });
        return true;
      }
      log.warn("cannot write a pod's status, trying again", { pod: refOf(pod), error });
      return false;
    }
  }

  #hasTold(wanted: string): boolean {
    return this.#written?.conditions?.some(({ type }) => type === wanted) ?? false;
  }

  async #write(status: PodStatus): Promise<void> {
    const { client, pod } = this.#options;
    const { uid } = pod.metadata;
    const gone = optionalFields.filter(
      (key) => this.#written?.[key] !== undefined && status[key] === undefined,
    );
    // Conditions are merged by type: what one no longer has must be taken away, and so must one that is over.
    const own = (status.conditions ?? []).filter(({ type }) => ownConditions.has(type));
    const isOver = !own.some(({ type }) => type === listeningCondition);
    const conditions = [
      ...own.map((condition) => ({ reason: null, message: null, ...condition })),
      ...(isOver && this.#hasTold(listeningCondition)
        ? [{ $patch: "delete", type: listeningCondition }]
        : []),
    ];
    const body = {
      metadata: { uid },
      status: { ...plain(status), ...Object.fromEntries(gone.map((key) => [key, null])), conditions },
    };
    const patch = { type: "strategic", body: body as unknown as JsonValue } as const;
    await client.patch(podKind, refOf(pod), patch, { subresource: "status" });
  }
}

/** Without fields that are undefined, as it is over the wire. */
function plain(status: PodStatus | undefined): object | undefined {
  return status === undefined ? undefined : (JSON.parse(JSON.stringify(status)) as object);
}
