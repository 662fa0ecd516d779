/**
 * Requests that ask for a WebSocket: exec, attach and portforward of pods. Who asks is identified and authorised as for
 * any other request, and whatever is wrong is said by a Status before the connection changes its protocol.
 */

import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { PodSession, PodSessions } from "../../../../client/pod-sessions.ts";
import { resourceName } from "../../../../model/kind.ts";
import type { KubeObject } from "../../../../model/meta.ts";
import type { Status } from "../../../../model/status.ts";
import type { Api } from "../../api.ts";
import { badRequest, noSuchPath } from "../../api-errors.ts";
import { flagIn } from "../query.ts";
import { identify, type Identification } from "../identify.ts";
import { parseResourcePath } from "../path.ts";
import { statusOf } from "../respond.ts";
import { serveChannels } from "./channels.ts";
import { portsIn, serveForwardedPorts } from "./forwarded-ports.ts";
import { serveSpdyForward, spdyForwardProtocol } from "./spdy-forward.ts";
import { WebSocketDoor } from "./websocket.ts";

const commandProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const forwardProtocols = [spdyForwardProtocol, ...commandProtocols];

export interface UpgradeOptions {
  readonly api: Api;
  readonly identification: Identification;
  readonly openStream: () => () => void;
  readonly closing: AbortSignal;
}

interface Service {
  readonly protocol: string;
  /** Carries the session until one of its ends is gone. */
  readonly serve: (webSocket: WebSocket) => Promise<void>;
}

export class Upgrades {
  readonly #options: UpgradeOptions;
  readonly #door = new WebSocketDoor();

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { api, openStream, closing } = this.#options;
    socket.on("error", () => undefined);
    let leave: (() => void) | undefined;
    try {
      leave = openStream();
      const { protocol, serve } = await this.#serviceFor(request);
      const webSocket = await this.#door.accept(request, { socket, head, protocol });
      if (webSocket === undefined) return;
      const end = (): void => webSocket.close(1001, "the server ends");
      closing.addEventListener("abort", end, { once: true });
      await serve(webSocket).finally(() => closing.removeEventListener("abort", end));
    } catch (error) {
      refuse(socket, statusOf(error, api.parts.log));
    } finally {
      leave?.();
    }
  }

  async #serviceFor(request: IncomingMessage): Promise<Service> {
    const { api, identification } = this.#options;
    const url = new URL(request.url ?? "/", "https://localhost");
    const user = await identify(identification, request, url.pathname);
    const resource = parseResourcePath(url.pathname);
    const { parts } = api;
    const kind =
      resource === undefined
        ? undefined
        : parts.resources.byPath(resource.group, resource.version, resource.plural);
    if (resource === undefined || kind === undefined) throw noSuchPath();
    api.authorizeResource(user, { verb: "create", ...resource, resource: kind.plural });
    const sessions = parts.sessions.get(resourceName(kind));
    if (sessions === undefined) throw noSuchPath();
    const target = { kind, namespace: resource.namespace ?? "", name: resource.name };
    const { value: object } = api.get(target, "");
    return service({ sessions, object, request, query: url.searchParams }, resource.subresource);
  }
}

interface SessionCall {
  readonly sessions: PodSessions;
  readonly object: KubeObject;
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
}

function service({ sessions, object, request, query }: SessionCall, subresource: string): Service {
  if (subresource === "exec" || subresource === "attach") {
    const options = optionsIn(query);
    const command = subresource === "exec" ? commandIn(query) : [];
    sessions.check(object, options.container);
    const protocol = agree(request, commandProtocols);
    const replay = flagIn(query, "replay") === true;
    // What goes wrong from here on is told on the error channel, as kubectl expects it.
    const open = (): Promise<PodSession> =>
      subresource === "exec"
        ? sessions.exec(object, command, options)
        : sessions.attach(object, { ...options, replay });
    return { protocol, serve: (webSocket) => serveChannels(webSocket, open) };
  }
  if (subresource === "portforward") {
    const connect = (port: number): Promise<Duplex> => sessions.connect(object, port);
    sessions.check(object, undefined);
    const protocol = agree(request, forwardProtocols);
    if (protocol === spdyForwardProtocol) {
      return { protocol, serve: (webSocket) => serveSpdyForward(webSocket, connect) };
    }
    const ports = portsIn(query);
    return { protocol, serve: (webSocket) => serveForwardedPorts(webSocket, ports, connect) };
  }
  throw noSuchPath();
}

function optionsIn(query: URLSearchParams) {
  const container = query.get("container");
  const options = {
    container: container === null || container === "" ? undefined : container,
    stdin: flagIn(query, "stdin") === true,
    stdout: flagIn(query, "stdout") === true,
    stderr: flagIn(query, "stderr") === true,
    tty: flagIn(query, "tty") === true,
  };
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw badRequest("you must specify at least one of stdin, stdout, stderr");
  }
  if (options.tty && options.stderr)
    throw badRequest("tty and stderr cannot both be true: a terminal has one output");
  return options;
}

function commandIn(query: URLSearchParams): string[] {
  const command = query.getAll("command");
  if (command.length === 0)
    throw badRequest("you must specify the command to execute: the parameter command");
  return command;
}

/** The first of ours that the client offers. */
function agree(request: IncomingMessage, known: readonly string[]): string {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") {
    throw badRequest("this is served over WebSocket only: the header Upgrade must be websocket");
  }
  const header = request.headers["sec-websocket-protocol"] ?? "";
  const offered = new Set(header.split(",").map((each) => each.trim()));
  const agreed = known.find((each) => offered.has(each));
  if (agreed !== undefined) return agreed;
  throw badRequest(
    `unable to upgrade: the protocols offered are "${header}", must be one of: ${known.join(", ")}`,
  );
}

function refuse(socket: Duplex, status: Status): void {
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? "Error"}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
