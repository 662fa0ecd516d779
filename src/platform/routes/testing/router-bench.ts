/** A router with a real HAProxy, servers behind it and clients in front of it, for tests. */

import { freePort } from "../../../lib/free-port.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, createServer, request, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, systemClock } from "../../../lib/clock.ts";
import { silentLogger, type Logger } from "../../../lib/log.ts";
import type { Client } from "../../../client/client.ts";
import type { PortHolder } from "../../../lib/port-holder.ts";
import type { PortRange } from "../tcp/tcp-ports.ts";
import { Router, type Outside } from "../router.ts";

export class RouterBench implements AsyncDisposable {
  readonly dir: string;
  readonly port: number;
  readonly httpsPort: number;
  readonly platformPort: number;
  /** Of routes of TCP, of the next start. */
  tcpPorts: PortRange | undefined;
  /** What is said to listen on the machine. */
  readonly holders = new Map<number, PortHolder>();
  readonly #servers: Server[] = [];
  #router: Router | undefined;
  /** How long the router counts before it tells; as usual when undefined. */
  meterWindowMs: number | undefined;
  /** Of HAProxy's workers; root's own when undefined. */
  user: string | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  readonly #domain: string;

  private constructor(
    dir: string,
    domain: string,
    ports: readonly [http: number, https: number, platform: number],
  ) {
    this.dir = dir;
    this.#domain = domain;
    [this.port, this.httpsPort, this.platformPort] = ports;
  }

  static async make(domain = "localhost"): Promise<RouterBench> {
    const dir = await mkdtemp(join(tmpdir(), "nagi-router-"));
    return new RouterBench(dir, domain, [await freePort(), await freePort(), await freePort()]);
  }

  get router(): Router {
    if (this.#router === undefined) throw new Error("no router yet");
    return this.#router;
  }

  /** Starts the router, or starts it again as a restart of Nagi does: HAProxy is left as it is. */
  async start(client: Client, log: Logger = silentLogger, outside?: Outside): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#stop = new AbortController();
    this.#router = new Router({
      client,
      dataDir: this.dir,
      httpAddresses: ["127.0.0.1"],
      httpPort: this.port,
      httpsPort: this.httpsPort,
      domain: this.#domain,
      platformBackend: { host: "127.0.0.1", port: this.platformPort },
      outside,
      user: this.user,
      meterWindowMs: this.meterWindowMs,
      tcpPorts: this.tcpPorts,
      portHolder: (port) => this.holders.get(port),
      clock: systemClock,
      log,
    });
    this.#running = this.#router.run(this.#stop.signal);
    await this.#router.ready;
  }

  async serve(address: string, port: number, handle: RequestListener): Promise<Server> {
    const server = createServer(handle);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return server;
  }

  get(host: string, path = "/", agent?: Agent): Promise<Answer> {
    return ask(this.port, { host, path, agent });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#router?.stop();
    for (const server of this.#servers) server.closeAllConnections();
    for (const server of this.#servers) server.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Asked {
  readonly host: string;
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  readonly agent?: Agent | undefined;
}

export function ask(port: number, { host, path, method, agent }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, agent, headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(method === "POST" ? "x" : undefined);
  });
}

/** Clients that keep asking until told to stop; what did not answer 200 is kept. */
export class Load {
  readonly failures: string[] = [];
  readonly answers = new Map<string, number>();
  requests = 0;
  readonly #stop = new AbortController();
  readonly #clients: Promise<void>[] = [];

  constructor(port: number, asked: Asked, clients = 8) {
    for (let index = 0; index < clients; index += 1) {
      // Half of them keep their connection, half of them open a new one each time.
      const agent = new Agent({ keepAlive: index % 2 === 0, maxSockets: 1 });
      this.#clients.push(this.#work(port, { ...asked, agent }));
    }
  }

  async #work(port: number, asked: Asked): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.requests += 1;
      try {
        const { status, body } = await ask(port, asked);
        if (status === 200) this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
        else this.failures.push(`${status} ${body}`);
      } catch (error) {
        this.failures.push((error as Error).message);
      }
      await sleep(systemClock, 1);
    }
    asked.agent?.destroy();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#clients);
  }
}

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(systemClock, 10);
}
