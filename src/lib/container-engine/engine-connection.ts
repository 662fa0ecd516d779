/**
 * The connection to a container engine, and what the engine says of itself. What it can do is in the classes that stand on this
 * one: images and builds in image-engine.ts, containers and networks in container-engine.ts.
 */

import { jsonLines } from "./engine-frames.ts";
import { EngineError, EngineTransport, isEngineError, type EngineRequest } from "./engine-transport.ts";
import type { EngineIdentity, EngineInfo, Progress } from "./engine-types.ts";

/** Of what asks for all containers of the machine: Podman fails it when one of them goes away meanwhile. */
const wholeAttemptsMax = 12;
export class EngineConnection {
  readonly socketPath: string;
  protected readonly transport: EngineTransport;
  #podman: Promise<boolean> | undefined;
  #settled: Promise<EngineInfo> | undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.transport = new EngineTransport(socketPath);
  }

  async ping(timeoutMs = 5000): Promise<boolean> {
    try {
      await this.get("/_ping", {}, { timeoutMs });
      return true;
    } catch {
      return false;
    }
  }

  /** From the headers of a ping: `/version` makes Podman start programs of its own, which takes half a second. */
  async identity(): Promise<EngineIdentity> {
    const response = await this.transport.stream({ method: "GET", path: "/_ping" });
    response.resume();
    const server = String(response.headers["server"] ?? "");
    const [, name = "", version = "unknown"] = /^([^/\s]+)\/(\S+)/.exec(server) ?? [];
    return { program: name === "Libpod" ? "podman" : "docker", version };
  }

  /** Podman counts all images and containers of the machine for it, which takes it half a second. */
  info(): Promise<EngineInfo> {
    return this.getWhole("/info", {});
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

  protected call<T>(request: EngineRequest): Promise<T> {
    return this.transport.json<T>(request);
  }

  protected async getWhole<T>(path: string, query: EngineRequest["query"]): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.get(path, query);
      } catch (error) {
        if (attempt >= wholeAttemptsMax || !isEngineError(error, 500)) throw error;
      }
    }
  }

  protected get<T>(
    path: string,
    query?: EngineRequest["query"],
    extra?: Pick<EngineRequest, "timeoutMs" | "signal">,
  ): Promise<T> {
    return this.call({ method: "GET", path, query, ...extra });
  }

  protected post<T>(
    path: string,
    query?: EngineRequest["query"],
    body?: object,
    extra?: Pick<EngineRequest, "timeoutMs" | "signal">,
  ): Promise<T> {
    return this.call({ method: "POST", path, query, body, ...extra });
  }

  protected async *progress(request: EngineRequest): AsyncGenerator<Progress> {
    const body = await this.transport.stream(request);
    for await (const step of jsonLines<Progress>(body)) {
      if (step.error !== undefined) throw new EngineError(500, step.error.trim());
      yield step;
    }
  }
}
