/**
 * Where the container engine comes from. Either a socket that the user names, or Nagi's own Podman: a
 * `podman system service` that runs beside Nagi, with a configuration of its own, and outlives it. Containers
 * outlive both.
 *
 * What must stay true: the user's own Podman configuration is not changed; a service that died is started
 * again; what the machine cannot do is found by probing, once (engine-probe.ts).
 */

import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../clock.ts";
import { ContainerEngine } from "./container-engine.ts";
import {
  findingKey,
  probeUlimits,
  readFinding,
  tryContainer,
  ulimitCandidates,
  writeFinding,
  type EngineQuirks,
} from "./engine-probe.ts";
import type { Ulimit } from "./engine-types.ts";
import type { Logger } from "../log.ts";
import { ordinaryOomScore } from "../oom-score.ts";
import { ManagedProcess } from "../managed-process.ts";
import { exists } from "../exists.ts";
import { processorsOf } from "../processors.ts";
import { findProgram } from "../system-programs.ts";
import { writePatientRunc, type Processors } from "./patient-runc.ts";

/** The kernel's limit of a socket's path is 108 bytes with the end. */
const maxSocketPath = 107;
/** A container's log is cut at this size. */
const containerLogMaxBytes = 16 * 1024 * 1024;
/** Containers that fail to start do not make the engine be tried more often than this. */
const verifyIntervalMs = 60_000;
/** How long the engine knows of a command in a container that has ended, by two processes that wait; five minutes by itself. Who reads slowly asks late. */
const execKeptSeconds = 60;
/** On a machine that has just started all programs start at once. */
const engineReadyMs = 60_000;
/** Runtimes to try by name when the engine's own choice does not work. */
const runtimeNames = ["runc", "crun"];

export interface EngineHostOptions {
  /** Socket of an engine that somebody else runs; absent: Nagi runs Podman. */
  readonly socketPath?: string | undefined;
  /** For the socket, the configuration, the log and the probe's findings. */
  readonly dir: string;
  /** Environment of the engine: PATH, HOME and the proxy settings, which pulls need. */
  readonly env: Readonly<Record<string, string>>;
  /** `host:port` of registries to speak plain HTTP with. */
  readonly insecureRegistries?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class EngineHost {
  readonly engine: ContainerEngine;
  readonly #options: EngineHostOptions;
  readonly #service: ManagedProcess | undefined;
  #quirks: EngineQuirks = {};
  /** What keeps the engine off a processor. */
  #prefix: readonly [] | readonly [string, ...string[]] = [];
  #verifying: Promise<void> | undefined;
  #verifiedMs = 0;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    const socketPath = options.socketPath ?? ownSocketPath(options.dir);
    this.engine = new ContainerEngine(socketPath);
    if (options.socketPath !== undefined) return;
    this.#service = new ManagedProcess({
      name: "podman",
      dir: options.dir,
      command: () => [...this.#prefix, "podman", "system", "service", "--time=0", `unix://${socketPath}`],
      env: {
        ...options.env,
        CONTAINERS_CONF: join(options.dir, "containers.conf"),
        CONTAINERS_REGISTRIES_CONF: join(options.dir, "registries.conf"),
        // What builds keep is below it, apart from what those of other Nagis keep under the same names.
        TMPDIR: this.#workDir,
      },
      ready: () => this.engine.ping(),
      readyTimeoutMs: engineReadyMs,
      // What it starts, the steps of builds for instance, begins with its score.
      oomScore: ordinaryOomScore,
      clock: options.clock,
      log: options.log,
    });
  }

  /** Where an engine of Nagi's own has the caches of build steps. */
  get cacheDirectory(): string | undefined {
    return this.#service === undefined ? undefined : join(this.#workDir, "buildah-cache");
  }

  get #workDir(): string {
    return join(this.#options.dir, "tmp");
  }

  /** Limits to give to every container and build step; absent: the engine's own work. */
  get ulimits(): readonly Ulimit[] | undefined {
    return this.#quirks.ulimits;
  }

  /** Adopts or starts the engine and makes sure that it can start containers. */
  async start(): Promise<void> {
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
    const finding = await readFinding(this.#findingFile);
    this.#quirks = finding?.quirks ?? {};
    await this.#applyQuirks();
    if (this.#service === undefined && !(await this.engine.ping())) {
      throw new Error(`cannot reach a container engine at ${this.engine.socketPath}`);
    }
    if (finding?.key !== (await findingKey(this.engine))) await this.#probe();
  }

  /** Keeps the engine running until the signal aborts, which leaves it running. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#service?.run(signal);
  }

  /**
   * For whoever sees containers fail to start: probes again unless a plain container works. Called as often as
   * one likes, it does so once at a time and not again soon.
   */
  verify(): Promise<void> {
    const { clock } = this.#options;
    if (this.#verifying === undefined && clock.now() - this.#verifiedMs >= verifyIntervalMs) {
      this.#verifying = this.#verifyNow().finally(() => {
        this.#verifying = undefined;
        this.#verifiedMs = clock.now();
      });
    }
    return this.#verifying ?? Promise.resolve();
  }

  /** Of Nagi's own engine. */
  async pid(): Promise<number | undefined> {
    return this.#service?.pid();
  }

  /** Ends Nagi's own engine; its containers go on. */
  async stop(): Promise<void> {
    await this.#service?.stop();
  }

  async #verifyNow(): Promise<void> {
    const trouble = await tryContainer(this.engine, this.#quirks.ulimits);
    if (trouble === undefined) return;
    this.#options.log.warn("the container engine starts no containers any more", { trouble });
    await this.#probe();
  }

  get #findingFile(): string {
    return join(this.#options.dir, "quirks.json");
  }

  async #probe(): Promise<void> {
    const candidates = await ulimitCandidates();
    const errors: string[] = [];
    for (const runtime of await this.#runtimes()) {
      this.#quirks = { runtime };
      await this.#applyQuirks();
      const found = await probeUlimits(this.engine, candidates);
      if ("error" in found) {
        errors.push(found.error);
        continue;
      }
      this.#quirks = { runtime, ulimits: found.ulimits };
      await this.#applyQuirks();
      await writeFinding(this.#findingFile, { key: await findingKey(this.engine), quirks: this.#quirks });
      this.#options.log.info("container engine probed", { ...this.#quirks });
      return;
    }
    throw new Error(`cannot start containers on this machine: ${[...new Set(errors)].join("; ")}`);
  }

  /** Only a service of ours can be told which runtime to use. */
  async #runtimes(): Promise<(string | undefined)[]> {
    if (this.#service === undefined) return [undefined];
    const found = await Promise.all(runtimeNames.map(findProgram));
    return [undefined, ...runtimeNames.filter((_, index) => found[index] !== undefined)];
  }

  /**
   * Told in any case: the engine's own choice may be runc too. The name stays: whoever looks at containers with a Podman of
   * their own has it too.
   */
  async #runc(): Promise<Runc> {
    const program = await findProgram("runc");
    if (program === undefined) return { paths: undefined, processors: undefined };
    const file = join(this.#options.dir, "patient-runc");
    const paths = [file, program];
    const processors = (await this.#usesRunc()) ? await processorsHere() : undefined;
    if (processors !== undefined && (await writePatientRunc(file, program, processors)))
      return { paths, processors };
    return { paths: (await writePatientRunc(file, program)) ? paths : undefined, processors: undefined };
  }

  /** The engine's own choice is crun, where that is. */
  async #usesRunc(): Promise<boolean> {
    const { runtime } = this.#quirks;
    return runtime === undefined ? (await findProgram("crun")) === undefined : runtime === "runc";
  }

  /** Writes the service's configuration, and starts or restarts it when it runs with another one. */
  async #applyQuirks(): Promise<void> {
    if (this.#service === undefined) return;
    const { dir, insecureRegistries = [] } = this.#options;
    const systemd = await exists("/run/systemd/system");
    const { paths, processors } = await this.#runc();
    this.#prefix = processors === undefined ? [] : withoutFirst(processors);
    const containers = containersConf(this.#quirks, { systemd, runc: paths });
    const registries = registriesConf(await systemRegistries(), insecureRegistries);
    await replaceFile(join(dir, "containers.conf"), containers);
    await replaceFile(join(dir, "registries.conf"), registries);
    await mkdir(dirname(this.engine.socketPath), { recursive: true, mode: 0o700 });
    await mkdir(this.#workDir, { recursive: true, mode: 0o700 });
    const digest = createHash("sha256")
      .update(containers)
      .update(registries)
      .update(this.#workDir)
      .digest("hex");
    await this.#service.reconfigure(digest);
    await chmod(this.engine.socketPath, 0o600);
  }
}

/** Of the Podman service that keeps its things there: in the directory, or under /run when the directory's path is too long for a socket. */
export function ownSocketPath(dir: string): string {
  const path = join(dir, "podman.sock");
  if (Buffer.byteLength(path) <= maxSocketPath) return path;
  const digest = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  return `/run/nagi/${digest}/podman.sock`;
}

interface Machine {
  readonly systemd: boolean;
  /** Programs that are runc, the first that is there counts; absent: the engine's own choice. */
  readonly runc?: readonly string[] | undefined;
}

export function containersConf(quirks: EngineQuirks, machine: Machine): string {
  const { runtime, ulimits } = quirks;
  const limits = ulimits?.map(({ Name, Soft, Hard }) => JSON.stringify(`${Name}=${Soft}:${Hard}`));
  return [
    "# Written by Nagi at each start; changes are lost.",
    "[containers]",
    ...(limits === undefined ? [] : [`default_ulimits = [${limits.join(", ")}]`]),
    `log_driver = "k8s-file"`,
    `log_size_max = ${containerLogMaxBytes}`,
    `base_hosts_file = "none"`,
    "http_proxy = false",
    "[engine]",
    ...(runtime === undefined ? [] : [`runtime = ${JSON.stringify(runtime)}`]),
    `events_logger = "file"`,
    `exit_command_delay = ${execKeptSeconds}`,
    ...(machine.systemd ? [] : [`cgroup_manager = "cgroupfs"`]),
    ...(machine.runc === undefined ? [] : ["[engine.runtimes]", `runc = ${JSON.stringify(machine.runc)}`]),
    "",
  ].join("\n");
}

/** The system's own settings, and after them our registries. */
export function registriesConf(system: string, insecure: readonly string[]): string {
  const ours = insecure.map(
    (location) => `[[registry]]\nlocation = ${JSON.stringify(location)}\ninsecure = true\n`,
  );
  return [system.trimEnd(), "# Added by Nagi.", ...ours, ""].join("\n");
}

function systemRegistries(): Promise<string> {
  return readFile("/etc/containers/registries.conf", "utf8").catch(() => "");
}

async function replaceFile(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

interface Runc {
  /** Programs that are runc, the first that is there counts; undefined: the engine's own choice. */
  readonly paths: readonly string[] | undefined;
  /** What it gives to containers; undefined: what the engine has. */
  readonly processors: Processors | undefined;
}

/**
 * A processor is left to those who answer: what makes containers and images keeps off the first. With one there is nothing to
 * leave (adr/0206).
 */
async function processorsHere(): Promise<Processors | undefined> {
  const [taskset, all] = await Promise.all([findProgram("taskset"), processorsOf("self")]);
  return taskset === undefined || all.length < 2 ? undefined : { taskset, all };
}

function withoutFirst({ taskset, all }: Processors): readonly [string, ...string[]] {
  return [taskset, "--cpu-list", all.slice(1).join(",")];
}
