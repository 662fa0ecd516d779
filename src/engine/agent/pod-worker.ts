/**
 * Looks after one pod. Whatever happens (the object changes, a container ends, a probe turns, time passes) only
 * wakes it; it then compares what should be with what is (plan.ts), begins what is missing and says how things
 * stand (pod-status.ts). What takes long runs beside it, each thing once, and wakes it again at its end.
 *
 * What must stay true: nothing that it remembers is needed after a restart of Nagi except for comfort; the
 * containers, their labels and the pod's status tell the rest.
 */

import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { refOf } from "../../model/meta.ts";
import { isConflict, isNotFound } from "../../model/status.ts";
import type { Logger } from "../../lib/log.ts";
import type { AgentContext, NodeContext } from "./agent-context.ts";
import type { ContainerRecord } from "./container-record.ts";
import { mayJoinNamespace, type PodSite } from "./container-spec.ts";
import { hostsFile } from "./dns.ts";
import { volumeRefreshMs } from "./limits.ts";
import { needsPause, planPod, type Action, type Plan } from "./plan.ts";
import type { PodPlace } from "./pod-fields.ts";
import { HealthKeeper } from "./health-keeper.ts";
import { deadlineExceeded, deadlineMs, evicted, toldEnd, type PodEnd } from "./pod-end.ts";
import { PodFailures, wholePod } from "./pod-failures.ts";
import { podObjects } from "./pod-objects.ts";
import { PodRemoval } from "./pod-removal.ts";
import { computePodStatus, evictedReason, isEvicted, isTerminal } from "./pod-status.ts";
import { PodStops } from "./pod-stops.ts";
import { startContainer, startPause } from "./start-container.ts";
import { StatusPublisher } from "./status-publisher.ts";
import { isFileVolume } from "./volume-files.ts";
import { PodDirectory } from "./volumes.ts";
import { WakeLoop } from "./wake-loop.ts";

export interface PodWorkerOptions {
  readonly context: AgentContext;
  readonly node: NodeContext;
  readonly pod: Pod;
  /** The agent ends; containers are left as they are. */
  readonly signal: AbortSignal;
  /** Called once, when nothing of the pod is left. */
  readonly onDone: () => void;
}

export class PodWorker {
  readonly #context: AgentContext;
  readonly #node: NodeContext;
  readonly #signal: AbortSignal;
  readonly #onDone: () => void;
  readonly #log: Logger;
  readonly #uid: string;
  readonly #directory: PodDirectory;
  readonly #publisher: StatusPublisher;
  readonly #health: HealthKeeper;
  readonly #stops: PodStops;
  readonly #removal: PodRemoval;
  readonly #failures: PodFailures;
  readonly #loop: WakeLoop;
  /** The newest attempt of each container that there ever was, also when it is gone. */
  readonly #attempts = new Map<string, number>();
  readonly #toldCrashWaits = new Map<string, number>();
  /** Aborts starts and pulls once the pod is to end. */
  readonly #starting = new AbortController();
  #pod: Pod;
  #ordered: PodEnd | undefined;
  readonly #ranBefore: boolean;
  #gone = false;
  #status: PodStatus | undefined;
  #preparedMs: number | undefined;

  constructor(options: PodWorkerOptions) {
    const { context, node, pod, signal } = options;
    this.#context = context;
    this.#node = node;
    this.#signal = signal;
    this.#onDone = options.onDone;
    this.#pod = pod;
    this.#uid = pod.metadata.uid ?? "";
    this.#status = pod.status;
    this.#ordered = toldEnd(pod.status);
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    for (const { name, restartCount, containerID } of [...containerStatuses, ...initContainerStatuses]) {
      if (containerID !== undefined) this.#attempts.set(name, restartCount);
    }
    this.#ranBefore = this.#attempts.size > 0;
    this.#log = context.log.child({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, node: node.name });
    this.#directory = new PodDirectory(context.podsDir, this.#uid);
    const { client, clock } = context;
    this.#publisher = new StatusPublisher({ client, pod, clock, log: this.#log, signal });
    this.#loop = new WakeLoop({ round: () => this.#sync(), clock, log: this.#log, signal });
    this.#failures = new PodFailures({ recorder: node.recorder, clock, pod: () => this.#pod });
    const wake = (): void => this.wake();
    this.#health = new HealthKeeper({ context, recorder: node.recorder, pod: () => this.#pod, wake });
    this.#stops = new PodStops({ context, recorder: node.recorder, signal });
    this.#removal = new PodRemoval({
      context,
      onRemoved: (record) => this.#forget(record),
      onStuck: (text) => node.recorder.event(this.#pod, "Warning", "ContainerStuck", text),
    });
  }

  /** The newest version of the object; undefined once it is gone. */
  setPod(pod: Pod | undefined): void {
    if (pod === undefined) this.#gone = true;
    else {
      this.#pod = pod;
      this.#publisher.observe(pod);
    }
    this.wake();
  }

  /** Ends the pod for the machine's sake; its object stays and says why. */
  evict(message: string): void {
    if (isTerminal(this.#status?.phase) || this.#ordered !== undefined) return;
    this.#ordered = evicted(message);
    this.#node.recorder.event(this.#pod, "Warning", evictedReason, message);
    this.wake();
  }

  get pod(): Pod {
    return this.#pod;
  }

  wake(): void {
    this.#loop.wake();
  }

  async #sync(): Promise<void> {
    const { clock } = this.#context;
    const ended = this.#ordered ?? deadlineExceeded(this.#pod, this.#status, clock.now());
    const terminal = isTerminal(this.#status?.phase);
    const deleted = this.#gone || this.#pod.metadata.deletionTimestamp !== undefined;
    const stopping = deleted || terminal || ended !== undefined;
    if (stopping) this.#starting.abort();
    const ready = stopping || (await this.#prepare());
    const records = this.#records();
    this.#health.follow(records, { podIP: this.#podIP(), stopping });
    const plan = ready ? this.#plan(records, stopping) : idle;
    for (const action of plan.actions) this.#perform(action, ended);
    this.#tellCrashWaits(plan);
    if (!this.#gone && !terminal) this.#publish(this.#records(), plan, ended);
    if (plan.wakeAtMs !== undefined) this.#loop.wakeIn(plan.wakeAtMs - clock.now());
    this.#scheduleDeadline();
    const over = !this.#records().some(({ state }) => state === "running") && this.#loop.isIdle;
    if (stopping && over) await this.#afterEnd(deleted);
  }

  /** What a start that was cut off left, and the engine keeps, is as good as gone. */
  #records(): ContainerRecord[] {
    return this.#context.index
      .ofPod(this.#uid)
      .filter(({ id, state }) => state !== "created" || !this.#removal.isStuck(id));
  }

  #plan(records: readonly ContainerRecord[], stopping: boolean): Plan {
    const nowMs = this.#context.clock.now();
    this.#failures.revise();
    for (const { name, attempt, state } of records) {
      if (state !== "created") this.#attempts.set(name, Math.max(attempt, this.#attempts.get(name) ?? 0));
    }
    return planPod({
      pod: this.#pod,
      records,
      nowMs,
      stopping,
      failures: this.#failures.all,
      healthOf: (id) => this.#health.of(id),
      lastAttemptOf: (name) => this.#attempts.get(name),
      startsAnew: this.#ranBefore && nowMs < this.#context.anewUntilMs,
    });
  }

  #perform(action: Action, ended: PodEnd | undefined): void {
    switch (action.type) {
      case "startPause":
        this.#loop.launch("start:", () => this.#startPause(action.attempt));
        return;
      case "start":
        this.#loop.launch(`start:${action.container.name}`, () => this.#start(action));
        return;
      case "kill": {
        const { record, cause } = action;
        const { graceMaxSeconds } = ended ?? {};
        this.#stops.plan(this.#pod, { record, cause, gone: this.#gone, graceMaxSeconds });
        this.#loop.launch(`stop:${record.id}`, () => this.#stops.run(record.id));
        return;
      }
      case "remove":
        this.#loop.launch(`remove:${action.record.id}`, () => this.#removal.remove(action.record));
        return;
    }
  }

  async #start(action: Extract<Action, { type: "start" }>): Promise<void> {
    const { container, role, attempt, backoffMs } = action;
    const signal = AbortSignal.any([this.#signal, this.#starting.signal]);
    const job = { pod: this.#pod, container, role, attempt, backoffMs, signal };
    try {
      const base = { site: await this.#site(), place: this.#place(), directory: this.#directory };
      const hosts = await this.#hosts();
      await this.#health.startWithHook(container, async (onCreated) => {
        const whole = { ...job, ...base, hostsFile: hosts, onCreated };
        const record = await startContainer(this.#context, this.#node, whole);
        this.#failures.clear(container.name);
        return record;
      });
    } catch (error) {
      if (!signal.aborted) this.#failures.noteStart(container.name, error);
    }
  }

  async #startPause(attempt: number): Promise<void> {
    const signal = AbortSignal.any([this.#signal, this.#starting.signal]);
    try {
      const job = { pod: this.#pod, site: await this.#site(), attempt, signal };
      await startPause(this.#context, this.#node, job);
      this.#failures.clear(wholePod);
    } catch (error) {
      if (!signal.aborted) this.#failures.noteStart(wholePod, error);
    }
  }

  async #forget(record: ContainerRecord): Promise<void> {
    if (record.terminationLog !== "") await this.#directory.removeTerminationLog(record.terminationLog);
    this.#context.index.drop(record.id);
  }

  /** Volumes and addresses; false when something is missing, which has been told and is tried again. */
  async #prepare(): Promise<boolean> {
    const { clock, client, network } = this.#context;
    const refresh = (this.#pod.spec.volumes ?? []).some(isFileVolume);
    const dueMs =
      this.#preparedMs === undefined ? 0 : refresh ? this.#preparedMs + volumeRefreshMs : Infinity;
    if (clock.now() < dueMs) {
      if (refresh) this.#loop.wakeIn(dueMs - clock.now());
      return true;
    }
    const failed = this.#failures.get(wholePod);
    if (failed !== undefined && failed.retryAtMs > clock.now()) {
      this.#loop.wakeIn(failed.retryAtMs - clock.now());
      return this.#preparedMs !== undefined;
    }
    if (this.#pod.spec.hostNetwork !== true) network.allocate(this.#uid);
    const objects = podObjects(client, this.#pod.metadata.namespace ?? "");
    const failure = await this.#directory.prepareVolumes({ pod: this.#pod, place: this.#place(), objects });
    if (failure !== undefined) {
      const { retryAtMs } = this.#failures.noteMount(failure);
      this.#loop.wakeIn(retryAtMs - clock.now());
      return this.#preparedMs !== undefined;
    }
    this.#failures.clear(wholePod);
    this.#preparedMs = clock.now();
    if (refresh) this.#loop.wakeIn(volumeRefreshMs);
    return true;
  }

  async #hosts(): Promise<string | undefined> {
    if (this.#pod.spec.hostNetwork === true) return undefined;
    return this.#directory.writeHosts(hostsFile(this.#pod, this.#podIP(), this.#context.dns().domain));
  }

  #podIP(): string {
    if (this.#pod.spec.hostNetwork === true) return this.#node.address;
    return this.#context.network.addressOf(this.#uid) ?? "";
  }

  #place(): PodPlace {
    return { podIP: this.#podIP(), hostIP: this.#node.address, allocatable: this.#node.allocatable };
  }

  /** Who joins the pause container's network needs no other. */
  async #site(): Promise<PodSite> {
    const context = this.#context;
    const pause = context.index
      .ofPod(this.#uid)
      .find(({ role, state }) => role === "pause" && state === "running");
    const pauseId = needsPause(this.#pod) ? pause?.id : undefined;
    const isWired = pauseId === undefined && mayJoinNamespace(this.#pod);
    return {
      instance: context.instance,
      node: this.#node.name,
      nodeAddress: this.#node.address,
      podAddress: this.#pod.spec.hostNetwork === true ? "" : this.#podIP(),
      network: context.network.info.name,
      pauseId,
      namespacePath: isWired ? await context.network.attach(this.#uid) : undefined,
      podsGroup: context.podsGroup,
      runtime: context.runtime,
      dns: context.dns(),
      ulimits: context.ulimits(),
      machineMemoryBytes: context.machineMemoryBytes,
      mayProtect: context.mayProtect,
    };
  }

  #scheduleDeadline(): void {
    const leftMs = (deadlineMs(this.#pod, this.#status) ?? 0) - this.#context.clock.now();
    if (leftMs > 0) this.#loop.wakeIn(leftMs);
  }

  #publish(records: readonly ContainerRecord[], plan: Plan, ended: PodEnd | undefined): void {
    this.#status = computePodStatus({
      pod: this.#pod,
      records,
      nowMs: this.#context.clock.now(),
      failures: this.#failures.all,
      crashWaits: plan.crashWaits,
      healthOf: (id) => this.#health.of(id),
      podIP: this.#podIP(),
      hostIP: this.#node.address,
      runtime: this.#context.runtime,
      ended,
      previous: this.#status,
    });
    this.#publisher.publish(this.#status);
  }

  #tellCrashWaits({ crashWaits }: Plan): void {
    const { name, namespace, uid } = this.#pod.metadata;
    for (const [container, untilMs] of crashWaits) {
      if (this.#toldCrashWaits.get(container) === untilMs) continue;
      this.#toldCrashWaits.set(container, untilMs);
      const text = `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`;
      this.#node.recorder.event(this.#pod, "Warning", "BackOff", text);
    }
  }

  /** Nothing runs any more. Of a pod that is deleted all is removed, the object last. */
  async #afterEnd(deleted: boolean): Promise<void> {
    const { network, client } = this.#context;
    if (!deleted) {
      await network.release(this.#uid);
      await this.#directory.removeVolumes();
      // What it wrote is what it had to go for; of others the logs are kept.
      if (isEvicted(this.#status)) await this.#removal.removeAll(this.#context.index.ofPod(this.#uid));
      return;
    }
    await this.#publisher.flushed();
    await this.#removal.removeAll(this.#context.index.ofPod(this.#uid));
    await this.#directory.remove();
    await network.release(this.#uid);
    if (!this.#gone) await this.#deleteObject(client);
    this.dispose();
    this.#onDone();
  }

  async #deleteObject(client: AgentContext["client"]): Promise<void> {
    const { uid } = this.#pod.metadata;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await client.delete(podKind, refOf(this.#pod), options);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Ends all that goes on, and leaves the containers as they are. */
  dispose(): void {
    this.#loop.end();
    this.#starting.abort();
    this.#health.stop();
  }
}

const idle: Plan = { actions: [], crashWaits: new Map() };
