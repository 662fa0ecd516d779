/**
 * Sessions with a container through the Docker Engine API: a command that is run in it, or its first process, with
 * input, output and the size of a terminal. The connection is taken over from HTTP, as `docker exec -it` does it.
 */

import { request } from "node:http";
import { PassThrough, type Duplex, type Readable } from "node:stream";
import { outputFrames, type OutputFrame } from "./engine-frames.ts";
import type { ContainerDetails } from "./engine-types.ts";
import { EngineError, EngineTransport } from "./engine-transport.ts";
import { execExitCode } from "./exec-exit-code.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface SessionStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** A terminal, whose output is one stream. */
  readonly tty: boolean;
}

export interface EngineSession {
  /** Takes the input; its end is the end of the input only. */
  readonly input: Pick<Duplex, "write" | "end" | "on" | "once" | "off" | "writableNeedDrain">;
  /** Ends when the command does. */
  readonly output: AsyncIterable<OutputFrame>;
  resize(size: TerminalSize): Promise<void>;
  /** Of the command, once the output has ended; undefined for a container that was attached to. */
  exitCode(): Promise<number | undefined>;
  /** Lets go of the command, which may go on. */
  close(): void;
}

/** Longest error text that is read from a refused session. */
const errorBytesMax = 64 * 1024;
const apiVersion = "/v1.41";

export class EngineSessions {
  readonly #socketPath: string;
  readonly #transport: EngineTransport;
  readonly #beginMs: number;

  /** `beginMs`: how long the engine may take to begin a session, on a machine that is busy too. */
  constructor(socketPath: string, options: { readonly beginMs?: number } = {}) {
    this.#socketPath = socketPath;
    this.#beginMs = options.beginMs ?? 30_000;
    this.#transport = new EngineTransport(socketPath);
  }

  async exec(
    containerId: string,
    command: readonly string[],
    streams: SessionStreams,
  ): Promise<EngineSession> {
    const { Id: id } = await this.#transport.json<{ readonly Id: string }>({
      method: "POST",
      path: `/containers/${containerId}/exec`,
      timeoutMs: this.#beginMs,
      body: {
        AttachStdin: streams.stdin,
        AttachStdout: streams.stdout,
        AttachStderr: streams.stderr,
        Tty: streams.tty,
        Cmd: command,
      },
    });
    const body = { Detach: false, Tty: streams.tty };
    const stream = await this.#hijack({ path: `/exec/${id}/start`, body });
    return {
      ...sessionOn(stream, readToTheEnd(stream), streams.tty),
      resize: (size) => this.#resize(`/exec/${id}`, size),
      exitCode: () => execExitCode(this.#transport, id),
    };
  }

  /**
   * `replay`: what was written before comes first. A container that has ended is refused: Podman would get it ready for another
   * start, forget how it ended, and let the session wait for that.
   */
  async attach(
    containerId: string,
    streams: SessionStreams & { readonly replay: boolean },
  ): Promise<EngineSession> {
    const query = new URLSearchParams({
      stream: "1",
      ...(streams.replay ? { logs: "1" } : {}),
      ...(streams.stdin ? { stdin: "1" } : {}),
      ...(streams.stdout ? { stdout: "1" } : {}),
      ...(streams.stderr ? { stderr: "1" } : {}),
    });
    const { State } = await this.#transport.json<Pick<ContainerDetails, "State">>({
      method: "GET",
      path: `/containers/${containerId}/json`,
      timeoutMs: this.#beginMs,
    });
    if (!State.Running) throw new EngineError(409, "the container has ended");
    const path = `/containers/${containerId}/attach?${query.toString()}`;
    const stream = await this.#hijack({ path, body: undefined });
    return {
      ...sessionOn(stream, stream, streams.tty),
      resize: (size) => this.#resize(`/containers/${containerId}`, size),
      exitCode: () => Promise.resolve(undefined),
    };
  }

  #hijack(request: Omit<HijackRequest, "socketPath" | "beginMs">): Promise<Duplex> {
    return hijack({ ...request, socketPath: this.#socketPath, beginMs: this.#beginMs });
  }

  async #resize(path: string, { columns, rows }: TerminalSize): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${path}/resize`, query: { w: columns, h: rows } });
  }
}

function sessionOn(
  stream: Duplex,
  output: Readable,
  tty: boolean,
): Pick<EngineSession, "input" | "output" | "close"> {
  // Who reads the output sees its error; while nobody reads, it must not end the process.
  stream.on("error", () => undefined);
  return {
    input: stream,
    output: tty ? rawFrames(output) : outputFrames(output),
    close: () => void stream.destroy(),
  };
}

/** Of a connection whose other side does not read any more. */
const endedCodes: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

/**
 * What a command has written before it ended, though there is more input than it took: how it ended is asked of the engine. A
 * stream that fails for what is written to it would forget what it has read.
 */
function readToTheEnd(stream: Duplex): Readable {
  const output = new PassThrough();
  output.on("error", () => undefined);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!endedCodes.has(error.code)) output.destroy(error);
  });
  stream.once("close", () => output.end());
  return stream.pipe(output);
}

async function* rawFrames(stream: Readable): AsyncGenerator<OutputFrame> {
  for await (const data of stream as AsyncIterable<Buffer>) yield { stream: "stdout", data };
}

interface HijackRequest {
  readonly socketPath: string;
  readonly beginMs: number;
  readonly path: string;
  readonly body: object | undefined;
}

function hijack({ socketPath, beginMs, path, body }: HijackRequest): Promise<Duplex> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    Connection: "Upgrade",
    Upgrade: "tcp",
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: `${apiVersion}${path}`, method: "POST", headers });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`it did not answer POST ${path} within ${beginMs} ms`)),
      beginMs,
    );
    outgoing.once("close", () => clearTimeout(timer));
    outgoing.once("error", (cause) =>
      reject(new EngineError(0, `cannot reach the container engine: ${cause.message}`, { cause })),
    );
    outgoing.once("upgrade", (_response, socket, head) => {
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once("response", (response) => {
      clearTimeout(timer);
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (answer.length < errorBytesMax) answer += chunk;
      });
      response.once("end", () => reject(new EngineError(response.statusCode ?? 0, messageIn(answer))));
      response.once("error", reject);
    });
    outgoing.end(text);
  });
}

function messageIn(answer: string): string {
  try {
    const parsed: unknown = JSON.parse(answer);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // Not the engine's own error form: its text is shown.
  }
  return answer.trim();
}
