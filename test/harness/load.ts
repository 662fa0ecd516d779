/** A load generator: a number of clients that ask without pause, and what they got. */

import { Agent, get } from "node:http";

export interface LoadResult {
  readonly requests: number;
  readonly failures: readonly string[];
  /** How often each body was answered. */
  readonly bodies: ReadonlyMap<string, number>;
}

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly clients: number;
  readonly keepAlive: boolean;
  /** A rest between two requests of one client. */
  readonly restMs?: number;
}

const failuresKeptMax = 50;

export class Load {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #failures: string[] = [];
  readonly #bodies = new Map<string, number>();
  #requests = 0;
  #running = true;
  readonly #clients: Promise<void>[];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: options.keepAlive, maxSockets: options.clients });
    this.#clients = Array.from({ length: options.clients }, () => this.#client());
  }

  get requests(): number {
    return this.#requests;
  }

  async stop(): Promise<LoadResult> {
    this.#running = false;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return { requests: this.#requests, failures: this.#failures, bodies: this.#bodies };
  }

  async #client(): Promise<void> {
    while (this.#running) {
      const outcome = await this.#ask();
      this.#requests++;
      if (outcome.failure === undefined)
        this.#bodies.set(outcome.body, (this.#bodies.get(outcome.body) ?? 0) + 1);
      else if (this.#failures.length < failuresKeptMax)
        this.#failures.push(`${new Date().toISOString()} ${outcome.failure}`);
      const { restMs } = this.#options;
      if (restMs !== undefined) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  }

  #ask(): Promise<{ body: string; failure?: string }> {
    const { port, host } = this.#options;
    return new Promise((resolve) => {
      const options = {
        host: "127.0.0.1",
        port,
        path: "/",
        headers: { host },
        agent: this.#agent,
        timeout: 30_000,
      };
      const request = get(options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("error", (error) => resolve({ body, failure: error.message }));
        response.on("end", () =>
          resolve(
            response.statusCode === 200
              ? { body }
              : { body, failure: `status ${response.statusCode}: ${body.slice(0, 200)}` },
          ),
        );
      });
      request.on("timeout", () => request.destroy(new Error("timeout")));
      request.on("error", (error: NodeJS.ErrnoException) =>
        resolve({ body: "", failure: `${error.code}: ${error.message}` }),
      );
    });
  }
}
