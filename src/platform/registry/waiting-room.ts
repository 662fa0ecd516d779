/**
 * Stands in for the registry while it is stopped: connections to its port are taken and wait, unread, until it answers
 * again; then each is led through to it. So a push or a pull in that time takes longer, and does not fail.
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { sleep, type Clock } from "../../lib/clock.ts";

/** More than clients of one machine open; what comes beyond is turned away and may come again. */
const waitingMax = 512;
const retryMs = 2;

export class WaitingRoom {
  readonly #server: Server;
  readonly #place: Place;
  readonly #waiting = new Set<Socket>();

  private constructor(server: Server, place: Place) {
    this.#server = server;
    this.#place = place;
    server.on("connection", (socket) => this.#take(socket));
  }

  /** Takes over the port as soon as it is free; undefined when it is not within the time. */
  static async open(place: Place, clock: Clock, timeoutMs: number): Promise<WaitingRoom | undefined> {
    for (const deadlineMs = clock.now() + timeoutMs; clock.now() < deadlineMs;) {
      const server = createServer({ pauseOnConnect: true });
      if (await isListening(server, place)) return new WaitingRoom(server, place);
      await sleep(clock, retryMs);
    }
    return undefined;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Gives the port back; who waits goes on waiting. */
  leavePort(): void {
    this.#server.close();
  }

  /** Leads all who wait through to the port. */
  letThrough(): void {
    for (const socket of this.#waiting) leadThrough(socket, connect(this.#place));
    this.#waiting.clear();
  }

  /** The registry does not come back: nobody waits in vain. */
  turnAway(): void {
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #take(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#waiting.delete(socket));
    if (this.#waiting.size < waitingMax) this.#waiting.add(socket);
    else socket.destroy();
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function isListening(server: Server, place: Place): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  server.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") resolve(false);
    else reject(error);
  });
  server.listen(place, () => resolve(true));
  return promise;
}

function leadThrough(client: Socket, registry: Socket): void {
  registry.on("error", () => registry.destroy());
  registry.once("close", () => client.destroy());
  client.once("close", () => registry.destroy());
  client.pipe(registry).pipe(client);
}
