/**
 * A container engine that speaks the Docker Engine API: Podman or Docker. Requests are data in the API's own
 * words; this file only carries them.
 *
 * What must stay true: no call changes what it is given or adds policy of its own; a failure is an EngineError
 * whose message is the engine's; a name that does not exist is status 404. Where an engine comes from, and what
 * it can do on this machine, is engine-host.ts.
 */

import { jsonLines, outputFrames, type OutputFrame } from "./engine-frames.ts";
import { ImageEngine } from "./image-engine.ts";
import { networkOf, type NativeNetwork } from "./engine-networks.ts";
import { isEngineError } from "./engine-transport.ts";
import type {
  ContainerDetails,
  ContainerSpec,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  NetworkDetails,
  NetworkSpec,
} from "./engine-types.ts";
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

export type { RegistryAuth } from "./engine-build.ts";

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

export class ContainerEngine extends ImageEngine {
  /** The id of the new container. */
  async createContainer(name: string, spec: ContainerSpec): Promise<string> {
    const created = await this.post<{ Id: string }>("/containers/create", { name }, spec);
    return created.Id;
  }

  async startContainer(id: string): Promise<void> {
    await this.post(`/containers/${id}/start`);
  }

  /** Sends the stop signal, waits, then kills. No error when it is stopped already. */
  async stopContainer(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
    const timeoutMs = graceSeconds * 1000 + stopSlackMs;
    await this.post(`/containers/${id}/stop`, { t: graceSeconds }, undefined, { timeoutMs, signal });
  }

  /** No error when it is not running. */
  async killContainer(id: string, signalName: string): Promise<void> {
    try {
      await this.post(`/containers/${id}/kill`, { signal: signalName });
    } catch (error) {
      // Docker answers 409 here, Podman 500 like for any other failure.
      if (isEngineError(error, 404, 0) || (await this.inspectContainer(id)).State.Running) throw error;
    }
  }

  /** Kills it first when it runs. No error when it does not exist. */
  async removeContainer(id: string, timeoutMs?: number): Promise<void> {
    const query = { force: true, v: true };
    try {
      await this.call({ method: "DELETE", path: `/containers/${id}`, query, timeoutMs });
    } catch (error) {
      if (!isEngineError(error, 404)) throw error;
    }
  }

  /** A tar of a file or directory of the container, whether it was started or not. */
  async readPath(id: string, path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const query = { path };
    return await this.transport.stream({ method: "GET", path: `/containers/${id}/archive`, query, signal });
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await this.post(`/containers/${id}/rename`, { name });
  }

  /** With `size` the engine counts what the container wrote, which takes it a while. */
  inspectContainer(id: string, options: { readonly size?: boolean } = {}): Promise<ContainerDetails> {
    return this.get(`/containers/${id}/json`, options);
  }

  listContainers(labels: LabelFilter, options: { readonly all?: boolean } = {}): Promise<ContainerSummary[]> {
    const query = { all: options.all ?? true, filters: { label: labelTexts(labels) } };
    return this.getWhole("/containers/json", query);
  }

  /** Resolves with the exit code when the container has stopped. */
  async waitContainer(id: string, signal?: AbortSignal): Promise<number> {
    const request = { timeoutMs: 2 ** 31 - 1, signal };
    const ended = await this.post<{ StatusCode: number }>(
      `/containers/${id}/wait`,
      { condition: "not-running" },
      undefined,
      request,
    );
    return ended.StatusCode;
  }

  containerStats(id: string): Promise<ContainerStats> {
    return this.get(`/containers/${id}/stats`, { stream: false, "one-shot": true });
  }

  /** What the container wrote, both outputs in the order of writing. */
  async *containerLogs(id: string, query: LogQuery): AsyncGenerator<OutputFrame> {
    const { follow = false, timestamps = false, since, tail, signal } = query;
    const body = await this.transport.stream({
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
    const created = await this.post<{ Id: string }>(
      `/containers/${id}/exec`,
      {},
      { AttachStdout: true, AttachStderr: true, Cmd: command, Env: env, User: user },
      { signal },
    );
    const body = await this.transport.stream({
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
    const exitCode = await execExitCode(this.transport, created.Id, signal);
    return { exitCode: exitCode ?? 0, output: Buffer.concat(kept).toString() };
  }

  /**
   * Events of containers with the labels, until the signal aborts (which throws) or the engine ends. Podman tells
   * them up to 250 ms late, and none of its first second of watching: list as well.
   */
  async *containerEvents(labels: LabelFilter, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const filters = { type: ["container"], label: labelTexts(labels) };
    const request = { method: "GET", path: "/events", query: { filters }, signal } as const;
    yield* jsonLines<EngineEvent>(await this.transport.stream(request));
  }

  async listNetworks(): Promise<NetworkDetails[]> {
    if (!(await this.isPodman())) return await this.get("/networks");
    const request = { method: "GET", path: "/libpod/networks/json", native: true } as const;
    return (await this.call<NativeNetwork[]>(request)).map(networkOf);
  }

  async inspectNetwork(name: string): Promise<NetworkDetails> {
    const path = encodeURIComponent(name);
    if (!(await this.isPodman())) return await this.get(`/networks/${path}`);
    const request = { method: "GET", path: `/libpod/networks/${path}/json`, native: true } as const;
    return networkOf(await this.call<NativeNetwork>(request));
  }

  /** Undefined where there is none of that name. */
  async findNetwork(name: string): Promise<NetworkDetails | undefined> {
    try {
      return await this.inspectNetwork(name);
    } catch (error) {
      if (isEngineError(error, 404)) return undefined;
      throw error;
    }
  }

  /** Without Podman's own name server, which only its native API can leave out. */
  async createNetwork(spec: NetworkSpec): Promise<void> {
    const { name, subnet, gateway, labels } = spec;
    if (await this.isPodman()) {
      const subnets = subnet === undefined ? undefined : [{ subnet, gateway }];
      const network_interface = spec.interface;
      const body = { name, driver: "bridge", network_interface, dns_enabled: false, subnets, labels };
      await this.call({ method: "POST", path: "/libpod/networks/create", native: true, body });
      return;
    }
    const ipam = subnet === undefined ? undefined : { Config: [{ Subnet: subnet, Gateway: gateway }] };
    await this.post("/networks/create", {}, { Name: name, Driver: "bridge", IPAM: ipam, Labels: labels });
  }

  async removeNetwork(name: string): Promise<void> {
    await this.call({ method: "DELETE", path: `/networks/${encodeURIComponent(name)}` });
  }
}

function labelTexts(labels: LabelFilter): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
