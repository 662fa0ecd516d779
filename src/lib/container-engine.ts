/**
 * A container engine that speaks the Docker Engine API: Podman or Docker. Requests are data in the API's own
 * words; this file only carries them.
 *
 * What must stay true: no call changes what it is given or adds policy of its own; a failure is an EngineError
 * whose message is the engine's; a name that does not exist is status 404. Where an engine comes from, and what
 * it can do on this machine, is container-engine-host.ts.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  EngineError,
  EngineTransport,
  isEngineError,
  type EngineRequest,
} from "./container-engine-transport.ts";
import {
  buildQuery,
  whileImagesGo,
  type BuildContext,
  type BuildOptions,
  type PullOptions,
  type RegistryAuth,
} from "./container-engine-build.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { jsonLines, outputFrames, type OutputFrame } from "./container-engine-frames.ts";
import type {
  ContainerDetails,
  ContainerSpec,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  EngineInfo,
  EngineIdentity,
  ImageDetails,
  ImageSummary,
  NetworkDetails,
  NetworkSpec,
  Progress,
} from "./container-engine-types.ts";
import { networkOf, type NativeNetwork } from "./container-engine-networks.ts";
import { execExitCode } from "./exec-exit-code.ts";

/** Longer than any grace of ours: the engine itself ends a stop after its own timeout. */
const stopSlackMs = 60_000;

export interface LogQuery {
  readonly follow?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  /** Seconds since the epoch, with a fraction. */
  readonly since?: number | undefined;
  /** Last lines; absent: all. */
  readonly tail?: number | undefined;
  /** Whether the container has a terminal, whose output is one stream. */
  readonly tty?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type { RegistryAuth } from "./container-engine-build.ts";

export interface ExecOptions {
  readonly command: readonly string[];
  readonly env?: readonly string[] | undefined;
  readonly user?: string | undefined;
  /** Output beyond it is dropped. */
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Labels that must all be there, with these values. */
export type LabelFilter = Readonly<Record<string, string>>;

/** Of what asks for all containers of the machine: Podman fails it when one of them goes away meanwhile. */
const wholeAttemptsMax = 12;
/** How old what is known of an image may be for `recentImage`. */
const imageFreshMs = 2000;
const recentImagesMax = 256;

export class ContainerEngine {
  readonly #transport: EngineTransport;
  readonly socketPath: string;
  readonly #recentImages = new RecentAnswers<ImageDetails>({
    freshMs: imageFreshMs,
    max: recentImagesMax,
    now: () => performance.now(),
  });
  #podman: Promise<boolean> | undefined;
  #settled: Promise<EngineInfo> | undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.#transport = new EngineTransport(socketPath);
  }

  async ping(timeoutMs = 5000): Promise<boolean> {
    try {
      await this.#get("/_ping", {}, { timeoutMs });
      return true;
    } catch {
      return false;
    }
  }

  /** From the headers of a ping: `/version` makes Podman start programs of its own, which takes half a second. */
  async identity(): Promise<EngineIdentity> {
    const response = await this.#transport.stream({ method: "GET", path: "/_ping" });
    response.resume();
    const server = String(response.headers["server"] ?? "");
    const [, name = "", version = "unknown"] = /^([^/\s]+)\/(\S+)/.exec(server) ?? [];
    return { program: name === "Libpod" ? "podman" : "docker", version };
  }

  /** Podman counts all images and containers of the machine for it, which takes it half a second. */
  info(): Promise<EngineInfo> {
    return this.#getWhole("/info", {});
  }

  /** Podman differs from Docker in a few parameters. */
  isPodman(): Promise<boolean> {
    this.#podman ??= this.identity().then(
      ({ program }) => program === "podman",
      (error: unknown) => {
        this.#podman = undefined;
        throw error;
      },
    );
    return this.#podman;
  }

  /** Podman 4 takes the lines of a Dockerfile's here-document for instructions. */
  async knowsHeredocs(): Promise<boolean> {
    const { program, version } = await this.identity();
    return program === "docker" || Number.parseInt(version, 10) >= 5;
  }

  /** `systemd` or `cgroupfs`. */
  async cgroupDriver(): Promise<string> {
    return (await this.#settledInfo()).CgroupDriver;
  }

  /** Where the engine keeps images and containers, on its machine. */
  async storage(): Promise<{ readonly root: string; readonly driver: string }> {
    const { DockerRootDir: root, Driver: driver } = await this.#settledInfo();
    return { root, driver };
  }

  /** Of what does not change while the engine runs. */
  #settledInfo(): Promise<EngineInfo> {
    this.#settled ??= this.info().catch((error: unknown) => {
      this.#settled = undefined;
      throw error;
    });
    return this.#settled;
  }

  /** The id of the new container. */
  async createContainer(name: string, spec: ContainerSpec): Promise<string> {
    const created = await this.#post<{ Id: string }>("/containers/create", { name }, spec);
    return created.Id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#post(`/containers/${id}/start`);
  }

  /** Sends the stop signal, waits, then kills. No error when it is stopped already. */
  async stopContainer(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
    const timeoutMs = graceSeconds * 1000 + stopSlackMs;
    await this.#post(`/containers/${id}/stop`, { t: graceSeconds }, undefined, { timeoutMs, signal });
  }

  /** No error when it is not running. */
  async killContainer(id: string, signalName: string): Promise<void> {
    try {
      await this.#post(`/containers/${id}/kill`, { signal: signalName });
    } catch (error) {
      // Docker answers 409 here, Podman 500 like for any other failure.
      if (isEngineError(error, 404, 0) || (await this.inspectContainer(id)).State.Running) throw error;
    }
  }

  /** Kills it first when it runs. No error when it does not exist. */
  async removeContainer(id: string, timeoutMs?: number): Promise<void> {
    const query = { force: true, v: true };
    try {
      await this.#call({ method: "DELETE", path: `/containers/${id}`, query, timeoutMs });
    } catch (error) {
      if (!isEngineError(error, 404)) throw error;
    }
  }

  /** A tar of a file or directory of the container, whether it was started or not. */
  async readPath(id: string, path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const query = { path };
    return await this.#transport.stream({ method: "GET", path: `/containers/${id}/archive`, query, signal });
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await this.#post(`/containers/${id}/rename`, { name });
  }

  /** With `size` the engine counts what the container wrote, which takes it a while. */
  inspectContainer(id: string, options: { readonly size?: boolean } = {}): Promise<ContainerDetails> {
    return this.#get(`/containers/${id}/json`, options);
  }

  listContainers(labels: LabelFilter, options: { readonly all?: boolean } = {}): Promise<ContainerSummary[]> {
    const query = { all: options.all ?? true, filters: { label: labelTexts(labels) } };
    return this.#getWhole("/containers/json", query);
  }

  /** Resolves with the exit code when the container has stopped. */
  async waitContainer(id: string, signal?: AbortSignal): Promise<number> {
    const request = { timeoutMs: 2 ** 31 - 1, signal };
    const ended = await this.#post<{ StatusCode: number }>(
      `/containers/${id}/wait`,
      { condition: "not-running" },
      undefined,
      request,
    );
    return ended.StatusCode;
  }

  containerStats(id: string): Promise<ContainerStats> {
    return this.#get(`/containers/${id}/stats`, { stream: false, "one-shot": true });
  }

  /** What the container wrote, both outputs in the order of writing. */
  async *containerLogs(id: string, query: LogQuery): AsyncGenerator<OutputFrame> {
    const { follow = false, timestamps = false, since, tail, signal } = query;
    const body = await this.#transport.stream({
      method: "GET",
      path: `/containers/${id}/logs`,
      query: { stdout: true, stderr: true, follow, timestamps, since, tail: tail ?? "all" },
      signal,
    });
    if (query.tty !== true) yield* outputFrames(body);
    else for await (const data of body as AsyncIterable<Buffer>) yield { stream: "stdout", data };
  }

  /** Runs a command in a running container and gives its output, stdout and stderr together. */
  async exec(id: string, options: ExecOptions): Promise<ExecResult> {
    const { command, env, user, signal } = options;
    const created = await this.#post<{ Id: string }>(
      `/containers/${id}/exec`,
      {},
      { AttachStdout: true, AttachStderr: true, Cmd: command, Env: env, User: user },
      { signal },
    );
    const body = await this.#transport.stream({
      method: "POST",
      path: `/exec/${created.Id}/start`,
      body: { Detach: false, Tty: false },
      signal,
    });
    const kept: Buffer[] = [];
    let keptBytes = 0;
    for await (const { data } of outputFrames(body)) {
      const part = data.subarray(0, options.maxOutputBytes - keptBytes);
      keptBytes += part.length;
      if (part.length > 0) kept.push(part);
    }
    const exitCode = await execExitCode(this.#transport, created.Id, signal);
    return { exitCode: exitCode ?? 0, output: Buffer.concat(kept).toString() };
  }

  /**
   * Events of containers with the labels, until the signal aborts (which throws) or the engine ends. Podman tells
   * them up to 250 ms late, and none of its first second of watching: list as well.
   */
  async *containerEvents(labels: LabelFilter, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const filters = { type: ["container"], label: labelTexts(labels) };
    const request = { method: "GET", path: "/events", query: { filters }, signal } as const;
    yield* jsonLines<EngineEvent>(await this.#transport.stream(request));
  }

  /**
   * Images with a tag that matches the pattern, as `127.0.0.1:5000/*\/*`. Never all of them: the engine adds up the
   * layers of each one that it lists, which takes it seconds of processor time when there are hundreds.
   */
  listImages(reference: string, signal?: AbortSignal): Promise<ImageSummary[]> {
    return this.#get("/images/json", { filters: { reference: [reference] } }, { signal });
  }

  inspectImage(reference: string): Promise<ImageDetails> {
    return this.#get(`/images/${imagePath(reference)}/json`);
  }

  /** As `inspectImage`, though up to two seconds old: a build and the pods that follow it ask for the same. */
  recentImage(reference: string): Promise<ImageDetails> {
    return this.#recentImages.get(reference, () => this.inspectImage(reference));
  }

  async hasImage(reference: string): Promise<boolean> {
    try {
      await this.inspectImage(reference);
      return true;
    } catch (error) {
      if (isEngineError(error, 404)) return false;
      throw error;
    }
  }

  /** Builds from a context. Throws an EngineError when the build fails. */
  async *buildImage(context: BuildContext, options: BuildOptions): AsyncGenerator<Progress> {
    const query = buildQuery(options, await this.isPodman());
    const auth = options.registryAuth;
    const headers = {
      "Content-Type": "application/x-tar",
      ...(auth === undefined ? {} : { "X-Registry-Config": encoded(auth) }),
    };
    const { signal } = options;
    yield* whileImagesGo(context, (file) =>
      this.#progress({ method: "POST", path: "/build", query, file, headers, signal }),
    );
  }

  /**
   * Containers that builds with this control group have left in Podman's storage, their ids. Others build on this
   * machine too, with the same storage: only what Podman itself wrote beside a container says whose it is. Docker
   * cleans up by itself.
   */
  async listBuildLeftovers(cgroup: string): Promise<readonly string[]> {
    if (!(await this.isPodman())) return [];
    const query = { all: true, external: true };
    const found = await this.#call<readonly { readonly Id: string; readonly State: string }[]>({
      method: "GET",
      path: "/libpod/containers/json",
      query,
      native: true,
    });
    const { root, driver } = await this.storage();
    const ids: string[] = [];
    for (const { Id, State } of found) {
      if (State !== "storage") continue;
      const file = join(root, `${driver}-containers`, Id, "userdata", "buildah.json");
      // Gone meanwhile, not of a build, or the engine's files are not on this machine: not known to be ours.
      const text = await readFile(file, "utf8").catch(() => "");
      if (text.includes(`"CgroupParent":${JSON.stringify(cgroup)}`)) ids.push(Id);
    }
    return ids;
  }

  async removeBuildLeftover(id: string): Promise<void> {
    const path = `/libpod/containers/${id}`;
    await this.#call({ method: "DELETE", path, query: { force: true }, native: true });
  }

  /** Podman takes `insecure` from the request, Docker treats loopback registries so by itself. */
  async *pushImage(
    reference: string,
    options: {
      readonly auth?: RegistryAuth | undefined;
      readonly insecure?: boolean;
      readonly signal?: AbortSignal;
    },
  ): AsyncGenerator<Progress> {
    const { name, tag } = splitReference(reference);
    yield* this.#progress({
      method: "POST",
      path: `/images/${imagePath(name)}/push`,
      query: { tag, ...(options.insecure === true ? { tlsVerify: false } : {}) },
      headers: { "X-Registry-Auth": encoded(options.auth ?? {}) },
      signal: options.signal,
    });
  }

  async *pullImage(reference: string, options: PullOptions = {}): AsyncGenerator<Progress> {
    const fromImage = reference.includes("@") ? reference : joinReference(splitReference(reference));
    yield* this.#progress({
      method: "POST",
      path: "/images/create",
      query: {
        fromImage,
        platform: options.platform,
        tlsVerify: options.insecure === true ? false : undefined,
      },
      headers: options.auth === undefined ? {} : { "X-Registry-Auth": encoded(options.auth) },
      signal: options.signal,
    });
    this.#recentImages.forget(reference);
  }

  /** Makes an image of one layer from the tar of a root file system. `changes` are Containerfile lines. */
  async importImage(
    rootfs: AsyncIterable<unknown>,
    reference: string,
    changes: readonly string[] = [],
  ): Promise<void> {
    // The tag is part of the name, since Podman 4 overlooks the parameter.
    const query = { fromSrc: "-", repo: joinReference(splitReference(reference)), changes };
    await drain(this.#progress({ method: "POST", path: "/images/create", query, file: rootfs }));
  }

  /** Takes in images as `save` writes them (docker-archive or oci-archive). */
  async loadImage(archive: AsyncIterable<unknown>): Promise<void> {
    await drain(this.#progress({ method: "POST", path: "/images/load", file: archive }));
  }

  async tagImage(source: string, reference: string): Promise<void> {
    const { name, tag } = splitReference(reference);
    this.#recentImages.forget(reference);
    await this.#post(`/images/${imagePath(source)}/tag`, { repo: name, tag });
  }

  /** No error when it does not exist. */
  async removeImage(reference: string, options: { readonly force?: boolean } = {}): Promise<void> {
    this.#recentImages.forget(reference);
    try {
      const path = `/images/${imagePath(reference)}`;
      await this.#call({ method: "DELETE", path, query: { force: options.force ?? false } });
    } catch (error) {
      if (!isEngineError(error, 404)) throw error;
    }
  }

  async listNetworks(): Promise<NetworkDetails[]> {
    if (!(await this.isPodman())) return await this.#get("/networks");
    const request = { method: "GET", path: "/libpod/networks/json", native: true } as const;
    return (await this.#call<NativeNetwork[]>(request)).map(networkOf);
  }

  inspectNetwork(name: string): Promise<NetworkDetails> {
    return this.#get(`/networks/${encodeURIComponent(name)}`);
  }

  /** Without Podman's own name server, which only its native API can leave out. */
  async createNetwork(spec: NetworkSpec): Promise<void> {
    const { name, subnet, gateway, labels } = spec;
    if (await this.isPodman()) {
      const subnets = subnet === undefined ? undefined : [{ subnet, gateway }];
      const network_interface = spec.interface;
      const body = { name, driver: "bridge", network_interface, dns_enabled: false, subnets, labels };
      await this.#call({ method: "POST", path: "/libpod/networks/create", native: true, body });
      return;
    }
    const ipam = subnet === undefined ? undefined : { Config: [{ Subnet: subnet, Gateway: gateway }] };
    await this.#post("/networks/create", {}, { Name: name, Driver: "bridge", IPAM: ipam, Labels: labels });
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#call({ method: "DELETE", path: `/networks/${encodeURIComponent(name)}` });
  }

  #call<T>(request: EngineRequest): Promise<T> {
    return this.#transport.json<T>(request);
  }

  async #getWhole<T>(path: string, query: EngineRequest["query"]): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#get(path, query);
      } catch (error) {
        if (attempt >= wholeAttemptsMax || !isEngineError(error, 500)) throw error;
      }
    }
  }

  #get<T>(
    path: string,
    query?: EngineRequest["query"],
    extra?: Pick<EngineRequest, "timeoutMs" | "signal">,
  ): Promise<T> {
    return this.#call({ method: "GET", path, query, ...extra });
  }

  #post<T>(
    path: string,
    query?: EngineRequest["query"],
    body?: object,
    extra?: Pick<EngineRequest, "timeoutMs" | "signal">,
  ): Promise<T> {
    return this.#call({ method: "POST", path, query, body, ...extra });
  }

  async *#progress(request: EngineRequest): AsyncGenerator<Progress> {
    const body = await this.#transport.stream(request);
    for await (const step of jsonLines<Progress>(body)) {
      if (step.error !== undefined) throw new EngineError(500, step.error.trim());
      yield step;
    }
  }
}

/** Runs an operation that tells its progress to its end. */
export async function drain(progress: AsyncIterable<Progress>): Promise<void> {
  for await (const step of progress) void step;
}

/** `host:port/name:tag` taken apart; without a tag it is `latest`. */
export function splitReference(reference: string): { readonly name: string; readonly tag: string } {
  const colon = reference.lastIndexOf(":");
  if (colon < 0 || reference.includes("/", colon)) return { name: reference, tag: "latest" };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

function joinReference({ name, tag }: { readonly name: string; readonly tag: string }): string {
  return `${name}:${tag}`;
}

function imagePath(reference: string): string {
  return encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

function labelTexts(labels: LabelFilter): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

function encoded(value: object): string {
  // The URL-safe alphabet, with the padding that `base64url` of Node leaves out and Podman insists on.
  const text = Buffer.from(JSON.stringify(value)).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
