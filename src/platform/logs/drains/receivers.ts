/** The ways to a receiver: a connection that takes syslog frames, or requests that take JSON. */

import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, getCACertificates } from "node:tls";
import type { DrainTarget } from "../../../model/kinds/nagi/logdrain/drain-url.ts";
import type { LogLine } from "../../../model/log-line.ts";
import { jsonLine, syslogFrame, type Origin } from "./line-formats.ts";

const connectTimeoutMs = 10_000;
const answerTimeoutMs = 15_000;
const answerShownMax = 200;

export interface ReceiverAccess {
  /** `user:password`, for HTTP. */
  readonly authorization?: string | undefined;
  /** PEM of authorities to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
  /** How long one may take nothing or answer nothing. */
  readonly patienceMs?: number | undefined;
}

export interface Receiver {
  /** Resolves when the lines are out of our hands; rejects when they are not, or when nobody knows. */
  send(lines: readonly LogLine[]): Promise<void>;
  /** In order: what was sent arrives, unless the receiver takes nothing. */
  close(): void;
}

export function openReceiver(target: DrainTarget, origin: Origin, access: ReceiverAccess): Receiver {
  return target.scheme === "http" || target.scheme === "https"
    ? new HttpReceiver(target, origin, access)
    : new SyslogReceiver(target, origin, access);
}

class SyslogReceiver implements Receiver {
  readonly #target: DrainTarget;
  readonly #origin: Origin;
  readonly #access: ReceiverAccess;
  #socket: Socket | undefined;

  constructor(target: DrainTarget, origin: Origin, access: ReceiverAccess) {
    this.#target = target;
    this.#origin = origin;
    this.#access = access;
  }

  async send(lines: readonly LogLine[]): Promise<void> {
    const socket = (this.#socket ??= await this.#connect());
    const data = lines.map((line) => syslogFrame(line, this.#origin)).join("");
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (error: Error): void => reject(error);
        const late = setTimeout(() => fail(new Error("the receiver takes nothing")), this.#patienceMs);
        const ended = (): void => fail(new Error("the receiver closed the connection"));
        socket.once("error", fail);
        socket.once("close", ended);
        if (socket.destroyed) ended();
        socket.write(data, (error) => {
          clearTimeout(late);
          socket.off("error", fail);
          socket.off("close", ended);
          if (error === undefined || error === null) resolve();
          else reject(error);
        });
      });
    } catch (error) {
      // Whoever takes nothing would never be sent the rest: each attempt would keep a connection and its lines.
      socket.destroy();
      throw error;
    }
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.setTimeout(this.#patienceMs, () => socket.destroy());
    socket?.destroySoon();
  }

  get #patienceMs(): number {
    return this.#access.patienceMs ?? answerTimeoutMs;
  }

  #connect(): Promise<Socket> {
    const { host, port, scheme } = this.#target;
    return new Promise((resolve, reject) => {
      const isTls = scheme === "syslog+tls";
      const socket = isTls
        ? connectTls({
            host,
            port,
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ca: [...getCACertificates("default"), ...(this.#access.ca === "" ? [] : [this.#access.ca])],
          })
        : connectTcp({ host, port });
      socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error("no connection in time")));
      socket.once(isTls ? "secureConnect" : "connect", () => {
        socket.setTimeout(0);
        socket.setKeepAlive(true, 30_000);
        socket.off("error", reject);
        // Told of to who sends; here it must not end the process.
        socket.on("error", () => this.#forget(socket));
        socket.on("close", () => this.#forget(socket));
        // What a receiver says is not asked for.
        socket.resume();
        resolve(socket);
      });
      socket.once("error", reject);
    });
  }

  #forget(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }
}

class HttpReceiver implements Receiver {
  readonly #target: DrainTarget;
  readonly #origin: Origin;
  readonly #access: ReceiverAccess;
  readonly #agent: HttpAgent;

  constructor(target: DrainTarget, origin: Origin, access: ReceiverAccess) {
    this.#target = target;
    this.#origin = origin;
    this.#access = access;
    const { ca, proxies } = access;
    const given = { keepAlive: true, maxSockets: 1, proxyEnv: { ...proxies } };
    this.#agent =
      target.scheme === "https"
        ? new HttpsAgent({ ...given, ...(ca === "" ? {} : { ca: [...getCACertificates("default"), ca] }) })
        : new HttpAgent(given);
  }

  async send(lines: readonly LogLine[]): Promise<void> {
    const body = lines.map((line) => jsonLine(line, this.#origin)).join("");
    const { authorization, patienceMs = answerTimeoutMs } = this.#access;
    const options: RequestOptions = {
      method: "POST",
      agent: this.#agent,
      timeout: patienceMs,
      headers: {
        "user-agent": "nagi",
        "content-type": "application/x-ndjson",
        "content-length": String(Buffer.byteLength(body)),
        "nagi-lines": String(lines.length),
        ...(authorization === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(authorization).toString("base64")}` }),
      },
    };
    const ask = this.#target.scheme === "https" ? httpsRequest : httpRequest;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = ask(this.#target.url, options, resolve);
      request.once("error", reject);
      request.once("timeout", () => request.destroy(new Error("no answer in time")));
      request.end(body);
    });
    let text = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>)
      if (text.length < answerShownMax) text += chunk;
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return;
    const said = text.trim().slice(0, answerShownMax).replaceAll(/\s+/g, " ");
    throw new Error(`it answers ${statusCode}${said === "" ? "" : `: ${said}`}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}
