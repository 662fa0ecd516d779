/** Writes a pod's status to the API: the newest one wins, one write at a time, tried again until it is in. */

import type { Client } from "../../client/client.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { isJsonEqual } from "../../model/json.ts";
import { listeningCondition } from "../../model/kinds/core/pod/listening-condition.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { refOf, type Condition } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isConflict, isNotFound, isStatus } from "../../model/status.ts";
import { apiBackoff } from "./limits.ts";
import { kubeletDisruptionReason } from "./pod-status.ts";

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

/** A DisruptionTarget is of whoever ends the pod. */
function isOwn({ type, reason }: Condition): boolean {
  return ownConditions.has(type) || (type === "DisruptionTarget" && reason === kubeletDisruptionReason);
}

/** Fields of ours that a later status may lack. */
const optionalFields = ["reason", "message", "podIP", "podIPs"] as const;

export class StatusPublisher {
  readonly #options: PublisherOptions;
  #written: PodStatus | undefined;
  /** The version that the last write made. */
  #writtenRevision: number;
  #observed: Pod;
  #wanted: PodStatus | undefined;
  #isWriting = false;
  #writing = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#written = options.pod.status;
    this.#writtenRevision = revisionOf(options.pod);
    this.#observed = options.pod;
  }

  /** The object as the API has it now: what others changed of ours is written again with the next status. */
  observe(pod: Pod): void {
    this.#observed = pod;
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
        this.#noticeOthers();
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
      this.#writtenRevision = revisionOf(await this.#write(status));
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

  /** Earlier writes of our own come back late: they are older than the last one. */
  #noticeOthers(): void {
    const { status } = this.#observed;
    if (revisionOf(this.#observed) <= this.#writtenRevision) return;
    if (!isJsonEqual(ownStates(status), ownStates(this.#written))) this.#written = status;
  }

  #hasTold(wanted: string): boolean {
    return this.#written?.conditions?.some(({ type }) => type === wanted) ?? false;
  }

  async #write(status: PodStatus): Promise<Pod> {
    const { client, pod } = this.#options;
    const { uid } = pod.metadata;
    const gone = optionalFields.filter(
      (key) => this.#written?.[key] !== undefined && status[key] === undefined,
    );
    // Conditions are merged by type: what one no longer has must be taken away, and so must one that is over.
    const own = (status.conditions ?? []).filter(isOwn);
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
    return await client.patch(podKind, refOf(pod), patch, { subresource: "status" });
  }
}

function revisionOf({ metadata }: Pod): number {
  return Number(metadata.resourceVersion ?? 0);
}

/** Without words and times: nobody else changes those alone. */
function ownStates(status: PodStatus | undefined): Record<string, string> {
  const own = (status?.conditions ?? []).filter(({ type }) => ownConditions.has(type));
  return Object.fromEntries(own.map(({ type, status: state }) => [type, state]));
}

/** Without fields that are undefined, as it is over the wire. */
function plain(status: PodStatus | undefined): object | undefined {
  return status === undefined ? undefined : (JSON.parse(JSON.stringify(status)) as object);
}
