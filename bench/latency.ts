/** How long an app takes to answer at a steady rate, measured from when each request was due: a queue shows as latency. */

import { Agent, get } from "node:http";

const perSecond = 50;
const answerMaxMs = 10_000;

export interface Latencies {
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export class LatencySampler {
  readonly #where: { readonly port: number; readonly host: string };
  readonly #agent = new Agent({ keepAlive: true });
  readonly #timer: NodeJS.Timeout;
  readonly #startMs = performance.now();
  #measured: number[] = [];
  #failed = 0;
  #sent = 0;

  constructor(where: { readonly port: number; readonly host: string }) {
    this.#where = where;
    this.#timer = setInterval(() => this.#sendDue(), 1000 / perSecond);
  }

  /** What was measured since the last time. */
  take(): Latencies {
    const sorted = this.#measured.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    const taken = { requests: sorted.length, failed: this.#failed, p50Ms: at(0.5), p95Ms: at(0.95) };
    this.#measured = [];
    this.#failed = 0;
    return taken;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #sendDue(): void {
    const dueMs = (): number => this.#startMs + (this.#sent * 1000) / perSecond;
    while (dueMs() <= performance.now()) {
      this.#send(dueMs());
      this.#sent += 1;
    }
  }

  #send(dueMs: number): void {
    const { port, host } = this.#where;
    const options = { host: "127.0.0.1", port, path: "/", headers: { host }, agent: this.#agent };
    const request = get({ ...options, timeout: answerMaxMs }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) this.#measured.push(performance.now() - dueMs);
        else this.#failed += 1;
      });
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => (this.#failed += 1));
  }
}
