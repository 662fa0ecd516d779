/** What of a pod could not be started, until it could: how it is shown now, and the events that tell it. */

import type { EventRecorder } from "../../client/event-recorder.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { configBackoff } from "./limits.ts";
import type { StartFailure } from "./plan.ts";
import { failureOf, nextFailureView, tellFailure } from "./start-failures.ts";

/** The key of what concerns the whole pod: its volumes and its network. */
export const wholePod = "";

export interface PodFailuresOptions {
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly pod: () => Pod;
}

export class PodFailures {
  readonly #options: PodFailuresOptions;
  readonly #byName = new Map<string, StartFailure>();

  constructor(options: PodFailuresOptions) {
    this.#options = options;
  }

  /** By the container's name, or `wholePod`. */
  get all(): ReadonlyMap<string, StartFailure> {
    return this.#byName;
  }

  get(name: string): StartFailure | undefined {
    return this.#byName.get(name);
  }

  clear(name: string): void {
    this.#byName.delete(name);
  }

  /** Of a container's start. Throws what is not the pod's fault: the next try comes with the worker's own back-off. */
  noteStart(name: string, error: unknown): void {
    const { recorder, clock, pod } = this.#options;
    const { containers, initContainers = [] } = pod().spec;
    const image = [...containers, ...initContainers].find((container) => container.name === name)?.image;
    const given = { image: image ?? "", previous: this.#byName.get(name), nowMs: clock.now() };
    const failure = failureOf(error, given);
    if (failure === undefined) throw error;
    this.#byName.set(name, failure);
    tellFailure(recorder, pod(), failure);
  }

  noteMount({
    volume,
    message: reason,
  }: {
    readonly volume: string;
    readonly message: string;
  }): StartFailure {
    const { recorder, clock, pod } = this.#options;
    const message = `MountVolume.SetUp failed for volume "${volume}" : ${reason}`;
    recorder.event(pod(), "Warning", "FailedMount", message);
    const count = (this.#byName.get(wholePod)?.count ?? 0) + 1;
    const retryAtMs = clock.now() + backoffDelayMs(configBackoff, count);
    const failure = { reason: "FailedMount", message, retryAtMs, count };
    this.#byName.set(wholePod, failure);
    return failure;
  }

  /** Some are shown in another way after a while. */
  revise(): void {
    const { recorder, clock, pod } = this.#options;
    for (const [name, failure] of this.#byName) {
      const next = nextFailureView(failure, clock.now());
      if (next === failure) continue;
      this.#byName.set(name, next);
      tellFailure(recorder, pod(), next);
    }
  }
}
