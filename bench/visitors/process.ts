/**
 * A load generator in a process of its own: asks an app at a constant rate, whatever the answers take, so that a slow
 * moment is not one with fewer questions. A request's time counts from when it should have been sent. Told by messages:
 * "window" begins a new count and answers with the one before, "end" ends.
 */

import { Agent, get, type ClientRequest } from "node:http";
import type { Socket } from "node:net";

export interface Counted {
  readonly requests: number;
  readonly failed: number;
  /** The first few. */
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Window {
  requests: number;
  readonly failures: string[];
  readonly tookMs: number[];
  open: number;
  /** Called when the last answer of a window that is over is there. */
  done?: (() => void) | undefined;
}

const timeoutMs = 15_000;
const tickMs = 2;
const failuresKeptMax = 20;
/** Of so many requests one comes over a connection of its own. */
const freshEvery = 10;

const [port = "", host = "", rate = ""] = process.argv.slice(2);
const perMs = Number(rate) / 1000;
/** Clients close what rests before the router does, after 15 s: a request that is sent at that very moment has no answer. */
const restMaxMs = 10_000;
const kept = new Agent({ keepAlive: true, maxSockets: 256, timeout: restMaxMs });
const newWindow = (): Window => ({ requests: 0, failures: [], tookMs: [], open: 0 });
let current = newWindow();
/** When a connection that is kept had its last answer. */
const restingSinceMs = new WeakMap<Socket, number>();

/** When it failed and over which connection: one that was used before may have been closed at that moment. */
function failureOf(request: ClientRequest, text: string): string {
  const nowMs = performance.now();
  const since = request.socket === null ? undefined : restingSinceMs.get(request.socket);
  const rested =
    since === undefined ? "a new connection" : `a connection used ${Math.round(nowMs - since)} ms ago`;
  return `at ${((nowMs - startMs) / 1000).toFixed(2)} s on ${rested}: ${text}`;
}

function ask(window: Window, plannedMs: number): void {
  window.requests += 1;
  window.open += 1;
  let isOver = false;
  const end = (failure?: string): void => {
    if (isOver) return;
    isOver = true;
    window.open -= 1;
    window.tookMs.push(performance.now() - plannedMs);
    if (failure !== undefined) window.failures.push(failureOf(request, failure));
    else if (request.socket !== null) restingSinceMs.set(request.socket, performance.now());
    if (window.open === 0) window.done?.();
  };
  const agent = window.requests % freshEvery === 0 ? false : kept;
  const asked = { host: "127.0.0.1", port, path: "/", headers: { host }, agent, timeout: timeoutMs };
  const request = get(asked, (response) => {
    let size = 0;
    response.on("data", (chunk: Buffer) => (size += chunk.length));
    response.on("error", (error) => end(error.message));
    response.on("end", () =>
      end(response.statusCode === 200 && size > 0 ? undefined : `status ${response.statusCode}`),
    );
  });
  request.on("timeout", () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)));
  request.on("error", (error) => end(error.message));
}

async function counted(window: Window): Promise<Counted> {
  if (window.open > 0) await new Promise<void>((resolve) => (window.done = resolve));
  const sorted = window.tookMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    requests: window.requests,
    failed: window.failures.length,
    failures: window.failures.slice(0, failuresKeptMax),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}

const startMs = performance.now();
let sent = 0;
const plannedMs = (): number => startMs + sent / perMs;
const timer = setInterval(() => {
  for (; plannedMs() <= performance.now(); sent += 1) ask(current, plannedMs());
}, tickMs);

process.on("message", (message) => {
  const before = current;
  current = newWindow();
  if (message === "end") clearInterval(timer);
  void counted(before).then((found) => process.send?.(found, () => message === "end" && process.exit(0)));
});
process.on("disconnect", () => process.exit(0));
