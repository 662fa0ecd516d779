/** What the parts of the agent share. */

import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine, RegistryAuth } from "../../lib/container-engine/container-engine.ts";
import type { Ulimit } from "../../lib/container-engine/engine-types.ts";
import type { Logger } from "../../lib/log.ts";
import type { ContainerIndex } from "./container-index.ts";
import type { ClusterDns } from "./dns.ts";
import type { Images } from "./images.ts";
import type { PodNetwork } from "./network.ts";
import type { PodPlace } from "./pod-fields.ts";
import type { Slots } from "./slots.ts";

export interface RegistryAccess {
  readonly auth?: RegistryAuth | undefined;
  /** Speak plain HTTP with it. */
  readonly insecure: boolean;
}

export interface AgentContext {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly index: ContainerIndex;
  readonly images: Images;
  readonly network: PodNetwork;
  readonly starts: Slots;
  readonly instance: string;
  /** One directory a pod. */
  readonly podsDir: string;
  readonly pauseImage: string;
  /** Control group that containers are in; undefined: where the engine puts them. */
  readonly podsGroup: string | undefined;
  readonly dns: () => ClusterDns;
  readonly ulimits: () => readonly Ulimit[] | undefined;
  readonly machineMemoryBytes: number;
  /** Until when pods that ran before are held to start anew; 0: some of them still run. */
  readonly anewUntilMs: number;
  /** Whether containers may be protected when the kernel runs out of memory, which takes a privilege. */
  readonly mayProtect: boolean;
  /** Stands before the ids of containers, too. */
  readonly runtime: "podman" | "docker";
  readonly registryAccess: (registry: string) => Promise<RegistryAccess>;
  /** Told when the engine fails to start a container, which may be the machine's fault. */
  readonly onStartTrouble: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NodeContext {
  readonly name: string;
  readonly address: string;
  readonly recorder: EventRecorder;
  readonly allocatable: PodPlace["allocatable"];
}
