/** A load of an app with its database: rows are written without pause; those that were acknowledged are looked for at the end. */

import { request } from "node:http";
import { pause, until, type TestPlatform } from "./platform.ts";

const writers = 4;
const answerMaxMs = 5000;
/** A rest after a refusal. */
const restMs = 20;

export interface RowLoadOptions {
  readonly platform: TestPlatform;
  /** One that answers a POST when it has kept the line: examples/guestbook. */
  readonly app: string;
}

export class RowLoad {
  readonly #options: RowLoadOptions;
  readonly #acknowledged: string[] = [];
  readonly #done = new AbortController();
  readonly #writing: Promise<unknown>;
  readonly #prefix = `row-${crypto.randomUUID().slice(0, 6)}`;
  #sent = 0;
  #failed = 0;
  #lastMs = performance.now();
  #longestMs = 0;

  constructor(options: RowLoadOptions) {
    this.#options = options;
    this.#writing = Promise.all(Array.from({ length: writers }, () => this.#write()));
  }

  /** How many rows the app answered for. */
  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Waits until so many more rows were acknowledged. */
  async grown(by: number, what: string): Promise<void> {
    const before = this.#acknowledged.length;
    await until(() => this.#acknowledged.length >= before + by, `${by} rows ${what}`);
  }

  /** From here on it is counted what a fault costs. */
  mark(): void {
    this.#failed = 0;
    this.#longestMs = 0;
    this.#lastMs = performance.now();
  }

  async stop(): Promise<void> {
    this.#done.abort();
    await this.#writing;
  }

  /** Ends the load and finds every row that was acknowledged; says what the fault cost. Returns what is lost. */
  async lost(fault: string, present: () => string): Promise<string[]> {
    await this.stop();
    const kept = new Set(present().split("\n"));
    const lost = this.#acknowledged.filter((line) => !kept.has(line));
    const seconds = (this.#longestMs / 1000).toFixed(1);
    console.log(
      `${fault}: ${this.#acknowledged.length} rows acknowledged, ${lost.length} lost; ` +
        `${this.#failed} of ${this.#sent} requests failed; ${seconds} s without an answer at the longest`,
    );
    return lost;
  }

  async #write(): Promise<void> {
    while (!this.#done.signal.aborted) {
      const line = `${this.#prefix}-${(this.#sent += 1)}`;
      if (!(await this.#post(line))) {
        this.#failed += 1;
        await pause(restMs);
        continue;
      }
      this.#acknowledged.push(line);
      const nowMs = performance.now();
      this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
    }
  }

  /** Whether the app answered that it has kept the line. */
  #post(line: string): Promise<boolean> {
    const { platform, app } = this.#options;
    const headers = { host: `${app}.localhost:${platform.httpPort}` };
    const where = {
      host: "127.0.0.1",
      port: platform.httpPort,
      method: "POST",
      headers,
      timeout: answerMaxMs,
    };
    return new Promise((resolve) => {
      const asked = request(where, (response) => {
        response.resume();
        response.on("error", () => resolve(false));
        response.on("end", () => resolve((response.statusCode ?? 500) < 300));
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(false));
      asked.end(line);
    });
  }
}
