/**
 * What is to be done for a pod now, decided from what should be and what is. Pure: no clock, no engine. Asked
 * again after everything that happens, it must come to the same answer until something changed, and never start
 * what has been started.
 */

import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { latestOf, newestFirst, type ContainerRecord, type ContainerRole } from "./container-record.ts";
import { nextStart } from "./crash-backoff.ts";

export interface StartFailure {
  readonly reason: string;
  readonly message: string;
  readonly retryAtMs: number;
  readonly count: number;
  /** Of an image that could not be pulled. */
  readonly image?: string | undefined;
  /** When a container whose command cannot be run was tried: without restarts it is over then. */
  readonly hopelessMs?: number | undefined;
  /** How it is shown from a later time on. */
  readonly later?: { readonly atMs: number; readonly reason: string; readonly message: string } | undefined;
}

export interface HealthView {
  readonly started: boolean;
  readonly ready: boolean;
  readonly failed: "startup" | "liveness" | undefined;
  /** Why nobody gets a connection, when that is known: a clause that begins with `listens`. */
  readonly listening?: string | undefined;
}

export interface PlanInput {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly nowMs: number;
  /** The pod is to end: it is deleted, finished, or out of time. */
  readonly stopping: boolean;
  /** By name of the container, of the last try to create or start one. */
  readonly failures: ReadonlyMap<string, StartFailure>;
  readonly healthOf: (id: string) => HealthView | undefined;
  /** The newest attempt that there ever was, for when the containers themselves are gone. */
  readonly lastAttemptOf: (name: string) => number | undefined;
  /** The pod ran before, and all pods of the machine start anew, as after a reboot. */
  readonly startsAnew: boolean;
}

/** Kubernetes' exit code of a container that could not be started. */
export const startErrorExitCode = 128;

export type KillCause = "stopping" | "startup" | "liveness" | "changed" | "pause" | "finished";

export type Action =
  | { readonly type: "startPause"; readonly attempt: number }
  | {
      readonly type: "start";
      readonly container: Container;
      readonly role: ContainerRole;
      readonly attempt: number;
      readonly backoffMs: number;
    }
  | { readonly type: "kill"; readonly record: ContainerRecord; readonly cause: KillCause }
  | { readonly type: "remove"; readonly record: ContainerRecord };

export interface Plan {
  readonly actions: readonly Action[];
  /** Look again at this time, if nothing happens before. */
  readonly wakeAtMs?: number | undefined;
  /** Until when containers wait because they ended too often, by name. */
  readonly crashWaits: ReadonlyMap<string, number>;
}

/** Whether the pod's network needs a container of its own. */
export function needsPause({ spec }: Pod): boolean {
  return spec.hostNetwork !== true && spec.containers.length + (spec.initContainers ?? []).length > 1;
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Whether a container that ended with this code is started again. */
export function restarts(pod: Pod, container: Container, role: ContainerRole, exitCode: number): boolean {
  if (isSidecar(container)) return true;
  if (role === "init") return exitCode !== 0 && pod.spec.restartPolicy !== "Never";
  if ((pod.spec.restartPolicy ?? "Always") === "Always") return true;
  return pod.spec.restartPolicy === "OnFailure" && exitCode !== 0;
}

/** When the container was given up: its command cannot be run, and its pod wants no second try. */
export function givenUpMs(
  { pod, failures }: Pick<PlanInput, "pod" | "failures">,
  container: Container,
  role: ContainerRole,
): number | undefined {
  const hopelessMs = failures.get(container.name)?.hopelessMs;
  return restarts(pod, container, role, startErrorExitCode) ? undefined : hopelessMs;
}

/** Whether every container has ended for good, or an init container has failed for good. */
export function isFinished(input: Pick<PlanInput, "pod" | "records" | "failures">): boolean {
  const { pod, records } = input;
  const ended = (container: Container, role: ContainerRole): number | undefined => {
    if (givenUpMs(input, container, role) !== undefined) return startErrorExitCode;
    const record = latestOf(records, container.name);
    if (record?.state !== "exited" || restarts(pod, container, role, record.exitCode)) return undefined;
    return record.exitCode;
  };
  const { containers, initContainers = [] } = pod.spec;
  if (initContainers.some((container) => (ended(container, "init") ?? 0) !== 0)) return true;
  return containers.every((container) => ended(container, "app") !== undefined);
}

export function planPod(input: PlanInput): Plan {
  const planner = new Planner(input);
  planner.plan();
  return planner;
}

class Planner implements Plan {
  readonly actions: Action[] = [];
  readonly crashWaits = new Map<string, number>();
  wakeAtMs: number | undefined;
  readonly #input: PlanInput;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  plan(): void {
    this.#prune();
    if (this.#input.stopping) this.#stop("stopping");
    else if (isFinished(this.#input)) this.#stop("finished");
    else if (this.#pauseRuns() && this.#initialize()) this.#runAll();
  }

  /** Of each name only the newest container and the one before are kept, and no pause container that is of no use. */
  #prune(): void {
    const { pod, records } = this.#input;
    const { containers, initContainers = [] } = pod.spec;
    for (const { name } of [...initContainers, ...containers]) {
      for (const record of newestFirst(records, name).slice(2)) this.#remove(record);
      for (const record of newestFirst(records, name)) if (record.state === "created") this.#remove(record);
    }
    for (const record of records) if (this.#isSparePause(record)) this.#remove(record);
  }

  /** One that does not run and that no container needs any more. */
  #isSparePause({ id, role, state }: ContainerRecord): boolean {
    if (role !== "pause" || state === "running") return false;
    return !this.#input.records.some(({ pauseId }) => pauseId === id);
  }

  /** The containers first, then the sidecars that serve them, the network last. */
  #stop(cause: KillCause): void {
    const { pod, records } = this.#input;
    const running = records.filter(({ state }) => state === "running");
    const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
    const apps = running.filter(({ role, name }) => role !== "pause" && !sidecars.has(name));
    const helpers = running.filter(({ role, name }) => role !== "pause" && sidecars.has(name));
    const next = apps.length > 0 ? apps : helpers;
    for (const record of next) this.actions.push({ type: "kill", record, cause });
    if (next.length > 0) return;
    for (const record of running) this.actions.push({ type: "kill", record, cause });
  }

  /** Without the pause container, no container of the pod has a network: all start anew. */
  #pauseRuns(): boolean {
    const { pod, records } = this.#input;
    if (!needsPause(pod)) return true;
    const pauses = records.filter(({ role }) => role === "pause");
    if (pauses.some(({ state }) => state === "running")) return true;
    const running = records.filter(({ state, role }) => state === "running" && role !== "pause");
    for (const record of running) this.actions.push({ type: "kill", record, cause: "pause" });
    if (running.length > 0 || this.#waitsForRetry("")) return false;
    this.actions.push({
      type: "startPause",
      attempt: Math.max(-1, ...pauses.map(({ attempt }) => attempt)) + 1,
    });
    return false;
  }

  /** Init containers one after the other; true when the others may run. */
  #initialize(): boolean {
    const { pod, records, healthOf } = this.#input;
    const begun = pod.spec.containers.some(({ name }) => latestOf(records, name) !== undefined);
    for (const container of pod.spec.initContainers ?? []) {
      const record = latestOf(records, container.name);
      if (isSidecar(container)) {
        this.#keepRunning(container, "init");
        const up = record?.state === "running" && healthOf(record.id)?.started === true;
        if (!up && !begun) return false;
      } else if (!begun && !(record?.state === "exited" && record.exitCode === 0)) {
        this.#keepRunning(container, "init");
        return false;
      }
    }
    return true;
  }

  #runAll(): void {
    for (const container of this.#input.pod.spec.containers) this.#keepRunning(container, "app");
  }

  #keepRunning(container: Container, role: ContainerRole): void {
    const { pod, records, nowMs } = this.#input;
    const last = latestOf(records, container.name);
    // What a start left that was cut off is removed first.
    if (last?.state === "created") return;
    if (last?.state === "running") {
      this.#checkHealth(container, last);
      return;
    }
    if (givenUpMs(this.#input, container, role) !== undefined) return;
    if (this.#waitsForRetry(container.name)) return;
    if (last === undefined) {
      this.#start(container, role, { attempt: this.#firstAttempt(container.name), backoffMs: 0 });
      return;
    }
    if (!restarts(pod, container, role, last.exitCode)) return;
    const { atMs, backoffMs } = nextStart(last, this.#input.startsAnew);
    if (nowMs < atMs) {
      this.crashWaits.set(container.name, atMs);
      this.#wakeAt(atMs);
      return;
    }
    this.#start(container, role, { attempt: last.attempt + 1, backoffMs });
  }

  #checkHealth(container: Container, record: ContainerRecord): void {
    const failed = this.#input.healthOf(record.id)?.failed;
    if (failed !== undefined) this.actions.push({ type: "kill", record, cause: failed });
    else if (record.image !== (container.image ?? ""))
      this.actions.push({ type: "kill", record, cause: "changed" });
  }

  #start(
    container: Container,
    role: ContainerRole,
    next: { readonly attempt: number; readonly backoffMs: number },
  ): void {
    this.actions.push({ type: "start", container, role, ...next });
  }

  /** A container that was there once, and was removed behind our back, counts on. */
  #firstAttempt(name: string): number {
    return (this.#input.lastAttemptOf(name) ?? -1) + 1;
  }

  #waitsForRetry(name: string): boolean {
    const failure = this.#input.failures.get(name);
    if (failure === undefined || failure.retryAtMs <= this.#input.nowMs) return false;
    if (failure.later !== undefined) this.#wakeAt(failure.later.atMs);
    this.#wakeAt(failure.retryAtMs);
    return true;
  }

  #remove(record: ContainerRecord): void {
    this.actions.push({ type: "remove", record });
  }

  #wakeAt(atMs: number): void {
    this.wakeAtMs = Math.min(this.wakeAtMs ?? atMs, atMs);
  }
}
