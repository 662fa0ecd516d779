/** What the parts of one build have in common. */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RegistryAuth } from "../../lib/container-engine/engine-build.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import type { Ulimit } from "../../lib/container-engine/engine-types.ts";
import type { Logger } from "../../lib/log.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { BuildLog } from "./build-log.ts";
import type { HostConfig } from "./host-config.ts";
import type { BuildNetwork } from "./network/build-network.ts";
import type { BuildPlan } from "./plan.ts";
import type { ReadyPlatform } from "./ready-platform.ts";

export interface BuildLimits {
  /** Of one build's steps, unless the build asks for less or more. */
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly deadlineSeconds: number;
}

export interface RegistryTarget {
  /** `host:port` of the registry. */
  readonly address: string;
  readonly auth?: RegistryAuth | undefined;
}

export interface RunBuildOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly sources: SourceStore;
  readonly registry: RegistryTarget;
  /** Asked at each build. */
  readonly host: () => Promise<HostConfig>;
  readonly limits: BuildLimits;
  /** Absent: steps are on the network that the engine chooses. */
  readonly network?: BuildNetwork | undefined;
  /** Environment of programs beside the engine; PATH among it. */
  readonly env: Readonly<Record<string, string>>;
  readonly ulimits?: readonly Ulimit[] | undefined;
  /** Puts the source of a build that is built again into the store; false when nothing has it any more. */
  readonly restoreSource?: ((build: Build) => Promise<boolean>) | undefined;
  /** For what builds fetch besides the source and is kept for the next one. */
  readonly fetchedDir: string;
  readonly clock: Clock;
}

export interface Work {
  readonly build: Build;
  readonly options: RunBuildOptions;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
  readonly stages: { name: string; startTime: string; durationMilliseconds: number }[];
}

/** How the image is made, before any of it is. */
export interface Prepared {
  readonly plan: BuildPlan;
  readonly containerfile?: string | undefined;
  /** Instructions that the user wrote, by those that replace them. */
  readonly written?: ReadonlyMap<string, string> | undefined;
  readonly platform?: ReadyPlatform | undefined;
  /** Done with the image when it is made and `told` is what its steps said; gives the process types of the app. */
  readonly finish?: ((image: string, told: string) => Promise<Readonly<Record<string, string>>>) | undefined;
  /** Called when the build has ended, however it did: removes what was made for it only. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** What runs Builds is given. */
export interface BuildsOptions extends RunBuildOptions {
  /** For the logs. */
  readonly dataDir: string;
  /** Where the engine has the caches of builds, when it is this Nagi's own. */
  readonly cacheDirectory?: string | undefined;
  /** Builds that run at a time. */
  readonly maxConcurrent: number;
  readonly log: Logger;
}
