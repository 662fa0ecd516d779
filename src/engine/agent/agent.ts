/**
 * The agent: what the kubelet is in Kubernetes. One process serves the virtual nodes of a machine, which share
 * its container engine. It registers the nodes, runs the pods that are bound to them, and tells how they are.
 *
 * Compose it so: `const agent = await createAgent(options)` (the engine must be up), give `agent.logSource` to
 * the API server under `pods`, `agent.networkInfo` to the service network, then `agent.run(signal)`.
 *
 * What must stay true: a pod's containers live as long as the pod object, not as long as this process; a new
 * agent with the same instance name takes over what runs and ends what is no longer wanted; containers of other
 * instances, and of the user, are never touched. The layers: `agent.ts` (who is there) - `pod-worker.ts` (one
 * pod) - `plan.ts` and `pod-status.ts` (pure decisions) - `start-container.ts`, `stop-container.ts`,
 * `container-health.ts`, `volumes.ts` (deeds) - `container-index.ts` (what the engine has).
 */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../../client/client.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import { Informer } from "../../client/informer.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { PodSessions } from "../../client/pod-sessions.ts";
import { architecture } from "../../lib/architecture.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { ensurePauseImage } from "../../lib/container-engine/pause-image.ts";
import type { Ulimit } from "../../lib/container-engine/engine-types.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { node as nodeKind } from "../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { AgentContext, NodeContext, RegistryAccess } from "./agent-context.ts";
import { ContainerIndex } from "./container-index.ts";
import type { ClusterDns } from "./dns.ts";
import { Images } from "./images.ts";
import type { EvictionManager } from "./eviction/eviction-manager.ts";
import { openEviction, type EvictionSettings } from "./eviction/open-eviction.ts";
import { reclaimTexts, type Threshold } from "./eviction/thresholds.ts";
import { anewMs, apiBackoff, parallelStarts, startOvertimeMs } from "./limits.ts";
import { freePidsFraction, readMachine, readSize, type MachineInfo } from "./machine.ts";
import { openPodNetwork, type NetworkInfo } from "./network.ts";
import { NodeMeter } from "./node-meter.ts";
import { NodeRegistrar } from "./node-registrar.ts";
import { capacityOf, type NodeDefinition, type NodeFacts } from "./node-status.ts";
import { presentPodUids, removeOrphan } from "./orphans.ts";
import { PodLogs } from "./pod-logs.ts";
import { openPodsGroup } from "./pods-group.ts";
import { AgentSessions } from "./pod-sessions.ts";
import { PodWorker } from "./pod-worker.ts";
import { Slots } from "./slots.ts";

export interface AgentOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly nodes: readonly NodeDefinition[];
  /** For the pods' volumes. */
  readonly dataDir: string;
  /** Tells this Nagi's containers and network from another's on the same engine: a DNS label. */
  readonly instance: string;
  /** Version of Nagi, for the nodes' description. */
  readonly version: string;
  readonly clusterDomain: string;
  /** Address of the cluster's name server, once there is one. */
  readonly clusterDns?: (() => string | undefined) | undefined;
  /** Address ranges that the pods' network must not use, for instance of services. */
  readonly avoidRanges?: readonly string[] | undefined;
  /** Limits that containers have to be given on this machine (EngineHost.ulimits). */
  readonly ulimits?: (() => readonly Ulimit[] | undefined) | undefined;
  /** How to reach a registry; absent: without credentials, with TLS. */
  readonly registryAccess?: ((registry: string) => Promise<RegistryAccess>) | undefined;
  /** When pods give way because the machine runs short; absent: the defaults. */
  readonly eviction?: EvictionSettings | undefined;
  /** Whether this process may protect processes from the kernel, when that runs out of memory. */
  readonly mayProtect?: boolean | undefined;
  /** Told when the engine fails to start a container (EngineHost.verify). */
  readonly onStartTrouble?: (() => void) | undefined;
  /** How often use is measured; 15 s when absent. */
  readonly measureMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Agent {
  readonly logSource: LogSource;
  readonly sessions: PodSessions;
  readonly networkInfo: NetworkInfo;
  /** Until the signal aborts, which leaves all containers running. */
  run(signal: AbortSignal): Promise<void>;
}

export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { engine, instance, clock, dataDir } = options;
  const log = options.log.child({ component: "agent" });
  const podsDir = join(dataDir, "pods");
  await mkdir(podsDir, { recursive: true, mode: 0o750 });
  const index = new ContainerIndex({ engine, instance, clock, log });
  await index.relist();
  const [machine, { program: runtime, version }, imageDir] = await Promise.all([
    readMachine(podsDir),
    engine.identity(),
    imageDirOf(engine),
  ]);
  const network = await openPodNetwork(engine, { instance, avoid: options.avoidRanges, log });
  for (const { podUid, address } of network.adopt(index.all()))
    log.warn("a container has an address that is not its pod's alone", { podUid, address });
  const context: AgentContext = {
    client: options.client,
    engine,
    index,
    images: new Images(engine, clock),
    network,
    starts: new Slots(parallelStarts, { clock, overtimeMs: startOvertimeMs }),
    instance,
    podsDir,
    pauseImage: await ensurePauseImage(engine),
    podsGroup: await openPodsGroup(engine, instance),
    dns: () => ({ address: options.clusterDns?.(), domain: options.clusterDomain }) satisfies ClusterDns,
    ulimits: options.ulimits ?? (() => undefined),
    machineMemoryBytes: machine.memoryBytes,
    anewUntilMs: index.all().some(({ state }) => state === "running") ? 0 : clock.now() + anewMs,
    mayProtect: options.mayProtect ?? false,
    runtime,
    registryAccess: options.registryAccess ?? (async () => ({ insecure: false })),
    onStartTrouble: options.onStartTrouble ?? (() => undefined),
    clock,
    log,
  };
  const software = { runtimeVersion: `${runtime}://${version}`, architecture: architecture() };
  const agent = new NodeAgents(options, context, { machine, imageDir, ...software });
  return {
    logSource: new PodLogs({ engine, index, clock }),
    sessions: new AgentSessions({ socketPath: engine.socketPath, index }),
    networkInfo: network.info,
    run: (signal) => agent.run(signal),
  };
}

/** Undefined when the engine's files are not on this machine. */
async function imageDirOf(engine: ContainerEngine): Promise<string | undefined> {
  const { root } = await engine.storage();
  return existsSync(root) ? root : undefined;
}

interface Facts {
  readonly machine: MachineInfo;
  readonly imageDir: string | undefined;
  readonly runtimeVersion: string;
  readonly architecture: string;
}

interface NodeParts {
  readonly name: string;
  readonly registrar: NodeRegistrar;
  readonly recorder: EventRecorder;
}

const byUid = "uid";

class NodeAgents {
  readonly #options: AgentOptions;
  readonly #context: AgentContext;
  readonly #facts: Facts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #ending = new Set<string>();
  readonly #nodes: NodeParts[] = [];
  readonly #eviction: EvictionManager;

  constructor(options: AgentOptions, context: AgentContext, facts: Facts) {
    this.#options = options;
    this.#context = context;
    this.#facts = facts;
    this.#eviction = openEviction({
      context,
      settings: options.eviction ?? {},
      imageDir: facts.imageDir,
      workers: this.#workers,
      onChange: (_pressure, met) => this.#tellPressure(met),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { index } = this.#context;
    index.onChange((podUid) => this.#workers.get(podUid)?.wake());
    signal.addEventListener("abort", () => this.#workers.forEach((worker) => worker.dispose()), {
      once: true,
    });
    const nodes = this.#options.nodes.map((definition) => this.#node(definition, signal));
    const informers = nodes.map(({ informer }) => informer);
    const meter = this.#meter(informers);
    const running = [
      index.run(signal),
      meter.run(signal),
      this.#eviction.run(signal),
      ...nodes.flatMap(({ running }) => running),
    ];
    await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    await Promise.all([...running, this.#removeOrphans(informers, signal)]);
  }

  #node(
    definition: NodeDefinition,
    signal: AbortSignal,
  ): { readonly informer: Informer<Pod>; readonly running: Promise<void>[] } {
    const { client, clock, log } = this.#context;
    const { name, address } = definition;
    const recorder = new EventRecorder({ client, component: "kubelet", host: name, clock, log });
    const { machine } = this.#facts;
    const capacity = capacityOf(definition, { machine, nodes: this.#options.nodes.length });
    const { cpu = "0", memory = "0", "ephemeral-storage": storage = "0" } = capacity;
    const node: NodeContext = { name, address, recorder, allocatable: { cpu, memory, storage } };
    const fieldSelector = `spec.nodeName=${name}`;
    const indexers = { [byUid]: ({ metadata }: Pod) => [metadata.uid ?? ""] };
    const informer = new Informer<Pod>({ client, kind: podKind, fieldSelector, indexers, clock, log });
    informer.onChange(({ type, object, previous }) => {
      const replaced = previous !== undefined && previous.metadata.uid !== object.metadata.uid;
      if (replaced) this.#workers.get(previous.metadata.uid ?? "")?.setPod(undefined);
      if (type === "deleted") this.#workers.get(object.metadata.uid ?? "")?.setPod(undefined);
      else this.#follow(object, node, signal);
    });
    const registrar = new NodeRegistrar({ client, definition, facts: () => this.#nodeFacts(), clock, log });
    this.#nodes.push({ registrar, recorder, name });
    return { informer, running: [informer.run(signal), registrar.run(signal)] };
  }

  #meter(informers: readonly Informer<Pod>[]): NodeMeter {
    const podOf = (uid: string): Pod | undefined => {
      for (const informer of informers) for (const found of informer.byIndex(byUid, uid)) return found;
      return undefined;
    };
    const { client, index, podsDir, clock, log } = this.#context;
    const nodes = this.#options.nodes.map(({ name }) => name);
    const place = { root: "/", dataDir: podsDir };
    const { measureMs } = this.#options;
    return new NodeMeter({ client, index, nodes, place, podOf, measureMs, clock, log });
  }

  #follow(pod: Pod, node: NodeContext, signal: AbortSignal): void {
    const uid = pod.metadata.uid ?? "";
    const present = this.#workers.get(uid);
    if (present !== undefined) {
      present.setPod(pod);
      return;
    }
    const onDone = (): void => void this.#workers.delete(uid);
    const worker = new PodWorker({ context: this.#context, node, pod, signal, onDone });
    this.#workers.set(uid, worker);
    worker.wake();
  }

  async #nodeFacts(): Promise<NodeFacts> {
    const { clock, index, podsDir } = this.#context;
    const trouble = index.reachable ? {} : { engineTrouble: "the container engine does not answer" };
    return {
      ...this.#facts,
      machine: { ...this.#facts.machine, ...(await readSize(podsDir)) },
      pressure: this.#eviction.pressure,
      pidsFreeFraction: await freePidsFraction(),
      nodes: this.#options.nodes.length,
      version: this.#options.version,
      ...trouble,
      nowMs: clock.now(),
    };
  }

  /** The nodes are one machine: all of them are short of it. */
  #tellPressure(met: readonly Threshold[]): void {
    for (const { registrar, recorder, name } of this.#nodes) {
      for (const message of reclaimTexts(met))
        recorder.event(newObject(nodeKind, { name }, {}), "Warning", "EvictionThresholdMet", message);
      registrar.refresh();
    }
  }

  /** Again and again, because containers of a pod can outlive a failed attempt to remove them. */
  async #removeOrphans(informers: readonly Informer<Pod>[], signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#context.network.repair();
        const known = new Set(
          informers.flatMap((informer) => informer.list().map(({ metadata }) => metadata.uid)),
        );
        for (const uid of await presentPodUids(this.#context)) {
          if (known.has(uid) || this.#workers.has(uid) || this.#ending.has(uid)) continue;
          log.info("removing what is left of a pod", { podUid: uid });
          this.#ending.add(uid);
          await removeOrphan(this.#context, uid, signal).finally(() => this.#ending.delete(uid));
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        log.warn("cannot remove what is left of a pod, trying again", { error });
      }
      await sleep(clock, failures === 0 ? orphanCheckMs : backoffDelayMs(apiBackoff, failures), signal);
    }
  }
}

const orphanCheckMs = 60_000;
