/** Exec, attach and port-forward of pods: sessions with their containers, connections to their ports. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { connect as connectTo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { PodSession, PodSessions, SessionOptions } from "../../client/pod-sessions.ts";
import { EngineSessions } from "../../lib/container-engine/engine-session.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import type { ContainerIndex } from "./container-index.ts";
import { newestFirst, type ContainerRecord } from "./container-record.ts";
import { namedContainer } from "./named-container.ts";

const connectTimeoutMs = 5000;

export interface PodSessionsOptions {
  /** Of the container engine. */
  readonly socketPath: string;
  readonly index: Pick<ContainerIndex, "ofPod">;
}

export class AgentSessions implements PodSessions {
  readonly #sessions: EngineSessions;
  readonly #index: PodSessionsOptions["index"];

  constructor({ socketPath, index }: PodSessionsOptions) {
    this.#sessions = new EngineSessions(socketPath);
    this.#index = index;
  }

  check(object: KubeObject, container: string | undefined): void {
    const pod = object as Pod;
    if (container !== undefined || pod.spec.containers.length === 1) this.#running(pod, container);
    else if (!this.#index.ofPod(pod.metadata.uid ?? "").some(({ state }) => state === "running"))
      throw notRunning(pod);
  }

  async exec(object: KubeObject, command: readonly string[], options: SessionOptions): Promise<PodSession> {
    const record = this.#running(object as Pod, options.container);
    return await told(() => this.#sessions.exec(record.id, command, options));
  }

  async attach(
    object: KubeObject,
    options: SessionOptions & { readonly replay: boolean },
  ): Promise<PodSession> {
    const record = this.#running(object as Pod, options.container);
    // What the container's output is like was said when it was made.
    return await told(() => this.#sessions.attach(record.id, { ...options, tty: record.tty }));
  }

  async connect(object: KubeObject, port: number): Promise<Duplex> {
    const pod = object as Pod;
    const address = pod.status?.podIP ?? "";
    const ownNetwork = pod.spec.hostNetwork !== true;
    const first = this.#index.ofPod(pod.metadata.uid ?? "").find(({ state }) => state === "running");
    if (address === "" || first === undefined) throw notRunning(pod);
    try {
      return await dial(ownNetwork ? address : "127.0.0.1", port);
    } catch (error) {
      // A program may listen on the pod's own loopback only.
      if (!ownNetwork || (error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
      return dialInside(first.pid, port);
    }
  }

  #running(pod: Pod, container: string | undefined): ContainerRecord {
    const name = namedContainer(pod, container);
    const [newest] = newestFirst(this.#index.ofPod(pod.metadata.uid ?? ""), name);
    if (newest?.state === "running") return newest;
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") {
      const message = `cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`;
      throw new StatusError("BadRequest", message);
    }
    throw new StatusError("BadRequest", `container not found ("${name}"): it does not run at the moment`);
  }
}

function notRunning(pod: Pod): StatusError {
  const phase = pod.status?.phase ?? "Pending";
  return new StatusError("BadRequest", `pod ${pod.metadata.name} is not running: its phase is ${phase}`);
}

async function told<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const reason = error.status === 0 ? "ServiceUnavailable" : "BadRequest";
    throw new StatusError(reason, `error executing command in container: ${error.message}`, undefined, {
      cause: error,
    });
  }
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The other side may have ended its half and still wait for the answer.
    const socket = connectTo({ host, port, allowHalfOpen: true, timeout: connectTimeoutMs });
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("timeout", () => socket.destroy(new Error(`no answer within ${connectTimeoutMs} ms`)));
    socket.once("error", reject);
  });
}

/** Joins standard input and output with a port of the loopback of wherever it runs. */
const bridge = `
const socket = require("node:net").connect({ host: "localhost", port: Number(process.argv[1]), allowHalfOpen: true });
socket.once("error", ({ message }) => { process.stderr.write(message); process.exit(1); });
socket.once("connect", () => { process.stderr.write("connected\\n"); process.stdin.pipe(socket).pipe(process.stdout); });
`;

function joinedStream({ stdin, stdout }: ChildProcessWithoutNullStreams): Duplex {
  const joined = new Duplex({
    allowHalfOpen: true,
    read: () => void stdout.resume(),
    write: (chunk, encoding, done) => void stdin.write(chunk, encoding, done),
    final: (done) => void stdin.end(done),
  });
  stdout.on("data", (chunk: Buffer) => {
    if (!joined.push(chunk)) stdout.pause();
  });
  stdout.once("end", () => void joined.push(null));
  stdin.on("error", (error) => joined.destroy(error));
  return joined;
}

/** From inside the network of the process. */
function dialInside(pid: number, port: number): Promise<Duplex> {
  const argv = ["--target", String(pid), "--net", "--", process.execPath, "-e", bridge, String(port)];
  const child = spawn("nsenter", argv, { stdio: ["pipe", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), connectTimeoutMs);
    child.stderr.once("data", (chunk: Buffer) => {
      const text = chunk.toString();
      if (text !== "connected\n") return reject(new Error(text));
      clearTimeout(timer);
      const joined = joinedStream(child);
      joined.once("close", () => child.kill("SIGKILL"));
      resolve(joined);
    });
    child.once("error", (error) => reject(new Error(`cannot run nsenter: ${messageOf(error)}`)));
    child.once("exit", (code) => reject(new Error(`the connection was not made (exit code ${code})`)));
  });
}
