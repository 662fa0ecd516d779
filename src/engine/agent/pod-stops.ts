/** The ends of a pod's containers that are under way: how long each may take, and what is told of it. */

import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { AgentContext } from "./agent-context.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { KillCause } from "./plan.ts";
import { ContainerStop } from "./stop-container.ts";

export interface PodStopsOptions {
  readonly context: AgentContext;
  readonly recorder: EventRecorder;
  readonly signal: AbortSignal;
}

export interface Stopping {
  readonly record: ContainerRecord;
  readonly cause: KillCause;
  /** The object is gone: nothing is waited for. */
  readonly gone: boolean;
  /** Absent: as long as the pod wants. */
  readonly graceMaxSeconds?: number | undefined;
}

export class PodStops {
  readonly #options: PodStopsOptions;
  readonly #stops = new Map<string, ContainerStop>();

  constructor(options: PodStopsOptions) {
    this.#options = options;
  }

  /** Plans the end of a container, or shortens the grace of one that is being ended. */
  plan(pod: Pod, { record, cause, gone, graceMaxSeconds = Infinity }: Stopping): void {
    const { context, recorder, signal } = this.#options;
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
      ({ name }) => name === record.name,
    );
    const silent = gone || record.role === "pause";
    const graceSeconds = silent ? 0 : Math.min(graceMaxSeconds, graceOf(pod, container, cause));
    const deadlineMs = context.clock.now() + graceSeconds * 1000;
    const present = this.#stops.get(record.id);
    if (present !== undefined) {
      present.shorten(deadlineMs);
      return;
    }
    if (!silent) recorder.event(pod, "Normal", "Killing", killText(record.name, cause));
    const onHookFailure = (message: string): void => {
      recorder.event(pod, "Warning", "FailedPreStopHook", `PreStopHook failed: ${message}`);
    };
    const stop = new ContainerStop(context, { record, container, deadlineMs, signal, onHookFailure });
    this.#stops.set(record.id, stop);
  }

  async run(id: string): Promise<void> {
    try {
      await this.#stops.get(id)?.run();
    } finally {
      this.#stops.delete(id);
    }
  }
}

function graceOf(
  pod: Pod,
  container: Pod["spec"]["containers"][number] | undefined,
  cause: KillCause,
): number {
  const { deletionGracePeriodSeconds } = pod.metadata;
  const ordinary = pod.spec.terminationGracePeriodSeconds ?? 30;
  if (deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds;
  if (cause === "liveness") return container?.livenessProbe?.terminationGracePeriodSeconds ?? ordinary;
  if (cause === "startup") return container?.startupProbe?.terminationGracePeriodSeconds ?? ordinary;
  return ordinary;
}

function killText(name: string, cause: KillCause): string {
  switch (cause) {
    case "startup":
      return `Container ${name} failed startup probe, will be restarted`;
    case "liveness":
      return `Container ${name} failed liveness probe, will be restarted`;
    case "changed":
      return `Container ${name} definition changed, will be restarted`;
    case "stopping":
    case "pause":
    case "finished":
      return `Stopping container ${name}`;
  }
}
