/** The probes of a pod's running containers: begun and ended with them. */

import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { LifecycleHandler } from "../../model/kinds/core/pod/probe.ts";
import type { AgentContext } from "./agent-context.ts";
import { check, portNumber } from "./checks.ts";
import { ContainerHealth } from "./container-health.ts";
import type { ContainerRecord } from "./container-record.ts";
import { hookMaxMs, hookOutputMaxBytes, probeOutputMaxBytes } from "./limits.ts";
import { listensElsewhere } from "./listening.ts";
import type { HealthView } from "./plan.ts";

export interface HealthKeeperOptions {
  readonly context: AgentContext;
  readonly recorder: EventRecorder;
  readonly pod: () => Pod;
  readonly wake: () => void;
}

const titles = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" } as const;

export class HealthKeeper {
  readonly #options: HealthKeeperOptions;
  readonly #healths = new Map<string, ContainerHealth>();
  /** Of containers that are not ready, by id: where their programs listen instead. */
  readonly #listening = new Map<string, string>();
  readonly #aborter = new AbortController();
  /** Containers whose postStart hook has not ended: they are not probed yet, nor started and ready. */
  readonly #inHook = new Set<string>();

  constructor(options: HealthKeeperOptions) {
    this.#options = options;
  }

  of(id: string): HealthView | undefined {
    const health = this.#healths.get(id);
    if (health === undefined) return undefined;
    const { started, ready, failed } = health;
    return { started, ready, failed, listening: ready ? undefined : this.#listening.get(id) };
  }

  follow(
    records: readonly ContainerRecord[],
    { podIP, stopping }: { readonly podIP: string; readonly stopping: boolean },
  ): void {
    const running = new Map(records.filter(isProbed).map((record) => [record.id, record]));
    for (const [id, health] of this.#healths) {
      if (!running.has(id)) {
        health.stop();
        this.#healths.delete(id);
        this.#listening.delete(id);
      } else if (stopping) health.stopping();
    }
    for (const record of running.values()) {
      if (!this.#healths.has(record.id) && !this.#inHook.has(record.id)) this.#begin(record, podIP);
    }
  }

  /** Starts a container and runs its hook. `start` tells the container's id before it runs. */
  async startWithHook(
    container: Container,
    start: (onCreated: (id: string) => void) => Promise<ContainerRecord>,
  ): Promise<void> {
    const action = container.lifecycle?.postStart;
    let created: string | undefined;
    try {
      const record = await start((id) => {
        created = id;
        if (action !== undefined) this.#inHook.add(id);
      });
      if (action !== undefined) await this.#postStart(action, { container, record });
    } finally {
      if (created !== undefined) this.#inHook.delete(created);
    }
  }

  /** A container whose hook fails is killed. */
  async #postStart(
    action: LifecycleHandler,
    { container, record }: { readonly container: Container; readonly record: ContainerRecord },
  ): Promise<void> {
    const { context, recorder, pod } = this.#options;
    const target = {
      container,
      containerId: record.id,
      address: record.address,
      signal: this.#aborter.signal,
    };
    const limits = { timeoutMs: hookMaxMs, outputMaxBytes: hookOutputMaxBytes };
    const result = await check(action, { ...target, ...limits, engine: context.engine });
    if (result.ok) return;
    recorder.event(pod(), "Warning", "FailedPostStartHook", `PostStartHook failed: ${result.message}`);
    await context.engine.killContainer(record.id, "SIGKILL");
    await context.index.waitExit(record.id, this.#aborter.signal);
  }

  stop(): void {
    this.#aborter.abort();
    for (const health of this.#healths.values()) health.stop();
  }

  #begin(record: ContainerRecord, podIP: string): void {
    const { context, recorder, pod, wake } = this.#options;
    const { containers, initContainers = [] } = pod().spec;
    const container = [...containers, ...initContainers].find(({ name }) => name === record.name);
    if (container === undefined) return;
    const told = [...(pod().status?.containerStatuses ?? []), ...(pod().status?.initContainerStatuses ?? [])];
    const same = told.find(({ containerID }) => containerID === `${context.runtime}://${record.id}`);
    const target = { engine: context.engine, container, containerId: record.id, address: podIP };
    const health = new ContainerHealth({
      container,
      startedMs: record.startedMs,
      adopted: same === undefined ? undefined : { started: same.started === true, ready: same.ready },
      clock: context.clock,
      check: (_type, probe, signal) => {
        const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
        return check(probe, { ...target, timeoutMs, outputMaxBytes: probeOutputMaxBytes, signal });
      },
      onChange: wake,
      onFailure: (type, message) => {
        recorder.event(pod(), "Warning", "Unhealthy", `${titles[type]} probe failed: ${message}`);
        if (type === "readiness") void this.#lookWhereItListens(record, container);
      },
    });
    this.#healths.set(record.id, health);
  }

  async #lookWhereItListens(record: ContainerRecord, container: Container): Promise<void> {
    const given = container.readinessProbe?.tcpSocket?.port;
    const port = given === undefined ? undefined : portNumber(given, container);
    // On the node's own network others listen too.
    if (port === undefined || this.#options.pod().spec.hostNetwork === true) return;
    const { index } = this.#options.context;
    // What was noted at the start does not know the process yet.
    const known = index.get(record.id) ?? record;
    const pid = known.pid > 0 ? known.pid : (await index.refresh(record.id).catch(() => undefined))?.pid;
    const text = pid === undefined ? undefined : await listensElsewhere(pid, port);
    if (text === undefined || this.#listening.get(record.id) === text || !this.#healths.has(record.id))
      return;
    this.#listening.set(record.id, text);
    this.#options.wake();
  }
}

function isProbed({ role, state }: ContainerRecord): boolean {
  return role !== "pause" && state === "running";
}
