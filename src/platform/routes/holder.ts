/**
 * Holds what comes for an app that sleeps: wakes it, and gives the connection on when an instance is ready.
 *
 * Connections are held as they are, unread: what is in them (HTTP of any version, web sockets, TLS of the app's own) is
 * the app's affair. The router knows the holder as one more server, at a loopback address that belongs to one backend
 * for ever, so that nothing can reach another app, not even while Nagi starts anew.
 *
 * What must stay true: a connection ends at an instance of its own backend, or is told why not within `holdMaxMs`; no
 * more than `heldMax` wait.
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { isConflict } from "../../model/status.ts";
import type { RouteEndpoint } from "./route-endpoints.ts";
import type { RouteBackend, RouteTable } from "./route-table.ts";

/** How long a connection waits for an instance. */
const holdMaxMs = 60_000;
/** Connections that wait, of one backend and of all; the router itself takes 4000 at a time. */
const heldMaxPerBackend = 1000;
const heldMax = 3000;
/** Backends that can sleep; each costs a socket. */
const sleepersMax = 2000;
/** While connections wait it is looked again this often whether the app is awake. */
const wakeAgainMs = 1000;
/** An instance that is said to be ready and takes no connection is tried again after this long. */
const connectAgainMs = 100;
/** What was told may take this long to be read. */
const farewellMs = 5000;
const backlog = 1024;

export interface HolderOptions {
  readonly client: Client;
  /** Free on the addresses of loopback beside 127.0.0.1. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Held {
  readonly socket: Socket;
  readonly untilMs: number;
}

interface Place {
  readonly server: Server;
  backend: RouteBackend;
  readonly held: Set<Held>;
  isWaking: boolean;
  next: number;
}

export class Holder {
  readonly #options: HolderOptions;
  /** By the backend's id. */
  readonly #places = new Map<string, Place>();
  readonly #open = new Set<Socket>();
  #heldCount = 0;

  constructor(options: HolderOptions) {
    this.#options = options;
  }

  /** Where the router finds the holder of a backend; undefined where there can be none. */
  async endpointOf(id: string, backend: RouteBackend): Promise<RouteEndpoint | undefined> {
    const { port } = this.#options;
    const address = addressOf(id);
    const known = this.#places.get(id);
    if (known !== undefined) {
      known.backend = backend;
      return { address, port, weight: 1, target: undefined };
    }
    if (this.#places.size >= sleepersMax) return undefined;
    // Who has said all may still wait for the answer: `printf 'GET x' | nc -N`.
    const options = { pauseOnConnect: true, noDelay: true, allowHalfOpen: true };
    const server = createServer(options, (socket) => this.#take(place, socket));
    const place: Place = { server, backend, held: new Set(), isWaking: false, next: 0 };
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: address, port, backlog }, resolve);
      });
    } catch (error) {
      this.#options.log.warn("cannot hold requests of an app that sleeps", {
        backend: backend.name,
        error: messageOf(error),
      });
      return undefined;
    }
    this.#places.set(id, place);
    return { address, port, weight: 1, target: undefined };
  }

  /** The newest state: those that wait for an instance that is ready now go on. */
  follow(table: RouteTable, idOf: (name: string) => string | undefined): void {
    const backends = new Map(table.backends.map((backend) => [idOf(backend.name) ?? "", backend]));
    for (const [id, place] of this.#places) {
      const backend = backends.get(id);
      if (backend === undefined || (backend.wakes === undefined && place.held.size === 0)) {
        this.#close(id, place);
        continue;
      }
      place.backend = backend;
      if (backend.endpoints.length > 0) for (const each of place.held) this.#giveOn(place, each);
    }
  }

  stop(): void {
    for (const [id, place] of this.#places) this.#close(id, place);
    for (const socket of this.#open) socket.destroy();
  }

  #close(id: string, place: Place): void {
    this.#places.delete(id);
    place.server.close();
    for (const held of place.held) this.#refuse(place, held, "it cannot be woken any more");
  }

  #take(place: Place, socket: Socket): void {
    this.#open.add(socket);
    socket.on("error", () => socket.destroy());
    const held = { socket, untilMs: this.#options.clock.now() + holdMaxMs };
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#drop(place, held);
    });
    const isFull = place.held.size >= heldMaxPerBackend || this.#heldCount >= heldMax;
    place.held.add(held);
    this.#heldCount += 1;
    if (isFull)
      return this.#refuse(place, held, "it is being woken, and too many requests wait for it already");
    if (place.backend.endpoints.length > 0) return this.#giveOn(place, held);
    if (!place.isWaking) void this.#wake(place);
  }

  #drop(place: Place, held: Held): void {
    if (place.held.delete(held)) this.#heldCount -= 1;
  }

  /** Until nobody waits any more. */
  async #wake(place: Place): Promise<void> {
    const { clock, log } = this.#options;
    place.isWaking = true;
    const startMs = clock.now();
    try {
      while (place.held.size > 0) {
        await this.#askFor(place).catch((error: unknown) => {
          log.warn("cannot wake an app, trying again", {
            backend: place.backend.name,
            error: messageOf(error),
          });
        });
        await sleep(clock, wakeAgainMs);
        for (const held of place.held)
          if (clock.now() >= held.untilMs)
            this.#refuse(place, held, `it was woken and is not ready after ${holdMaxMs / 1000} s`);
      }
    } finally {
      place.isWaking = false;
    }
    log.debug("woken", { backend: place.backend.name, tookMs: clock.now() - startMs });
  }

  /** One instance, where there is none. */
  async #askFor({ backend }: Place): Promise<void> {
    const { client } = this.#options;
    const { wakes } = backend;
    if (wakes === undefined || backend.endpoints.length > 0) return;
    const found = await client.get(deployment, wakes);
    if (found.spec.replicas !== 0) return;
    const body = { metadata: { resourceVersion: found.metadata.resourceVersion }, spec: { replicas: 1 } };
    await client
      .patch(deployment, wakes, { type: "merge", body }, { subresource: "scale" })
      .catch((error: unknown) => {
        // Somebody else changed it: the next look tells.
        if (!isConflict(error)) throw error;
      });
  }

  #giveOn(place: Place, held: Held): void {
    const { endpoints } = place.backend;
    const endpoint = endpoints[place.next++ % Math.max(1, endpoints.length)];
    this.#drop(place, held);
    if (endpoint === undefined) return this.#holdAgain(place, held);
    const { socket } = held;
    const { address: host, port } = endpoint;
    const onward = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.#open.add(onward);
    const failed = (): void => this.#holdAgain(place, held);
    onward.once("error", failed);
    onward.once("connect", () => {
      onward.off("error", failed);
      onward.on("error", () => socket.destroy());
      socket.once("close", () => onward.destroy());
      onward.once("close", () => socket.destroySoon());
      socket.pipe(onward);
      onward.pipe(socket);
    });
    onward.once("close", () => this.#open.delete(onward));
  }

  /** Nothing of it has been read: it can go to another instance. */
  #holdAgain(place: Place, held: Held): void {
    if (held.socket.destroyed) return;
    place.held.add(held);
    this.#heldCount += 1;
    void this.#tryAgain(place, held);
  }

  async #tryAgain(place: Place, held: Held): Promise<void> {
    const { clock } = this.#options;
    await sleep(clock, connectAgainMs);
    if (!place.held.has(held)) return;
    if (clock.now() >= held.untilMs) this.#refuse(place, held, "no instance of it takes a connection");
    else if (place.backend.endpoints.length > 0) this.#giveOn(place, held);
    else if (!place.isWaking) void this.#wake(place);
  }

  #refuse(place: Place, held: Held, why: string): void {
    this.#drop(place, held);
    const { app, serverOptions, isHttp } = place.backend;
    const { socket } = held;
    if (serverOptions !== "" || !isHttp) return void socket.destroy();
    const text = `503: app ${app}: ${why}. See: nagi ps -a ${app}, nagi logs -a ${app}\n`;
    const head = [
      "HTTP/1.1 503 Service Unavailable",
      "Content-Type: text/plain",
      "Retry-After: 5",
      "Connection: close",
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    // What was sent is read and thrown away: else the answer could be lost with it.
    socket.resume();
    socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
    socket.setTimeout(farewellMs, () => socket.destroy());
  }
}

/** `r12` is 127.64.0.12: ids are numbers that are never used for another backend. */
function addressOf(id: string): string {
  const number = Number(id.slice(1));
  return `127.${64 + ((number >> 16) & 63)}.${(number >> 8) & 255}.${number & 255}`;
}
