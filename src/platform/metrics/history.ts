/** The last hours of an app, in steps, in rings of fixed size. Pure. */

import type { AppMetrics, MetricStep, ProcessUse } from "../../model/app-metrics.ts";
import { emptyLatencies, latencyPercentile } from "../../model/kinds/nagi/routemetrics/latency.ts";

export const stepMs = 15_000;
/** Four hours. */
export const stepsMax = 960;

/** What happened between two steps. */
export interface Step {
  readonly requests: number;
  readonly errors: number;
  readonly latencies: readonly number[];
  readonly processes: Readonly<Record<string, ProcessUse>>;
}

const useFields = [
  "instances",
  "cpuMillis",
  "memoryBytes",
  "throttledMillis",
  "receivedBytes",
  "sentBytes",
  "readBytes",
  "writtenBytes",
  "restarts",
] as const satisfies readonly (keyof ProcessUse)[];

const latencyCount = emptyLatencies().length;
/** Requests, errors, then the latencies. */
const routerFields = 2 + latencyCount;
/** Of an app: of more that run at a time, some have no history. */
const processTypesMax = 16;

export interface KeptHistory {
  /** Of steps. */
  readonly count: number;
  readonly router: Float64Array;
  readonly processes: readonly (readonly [type: string, rows: Float64Array])[];
}

export class AppHistory {
  readonly #router = new Float64Array(stepsMax * routerFields);
  readonly #processes = new Map<string, Float64Array>();
  #next = 0;
  #count = 0;

  add({ requests, errors, latencies, processes }: Step): void {
    const at = this.#next * routerFields;
    this.#router[at] = requests;
    this.#router[at + 1] = errors;
    for (let index = 0; index < latencyCount; index++) this.#router[at + 2 + index] = latencies[index] ?? 0;
    for (const type of Object.keys(processes))
      if (!this.#processes.has(type) && this.#makeRoom(processes))
        this.#processes.set(type, new Float64Array(stepsMax * useFields.length));
    for (const [type, ring] of this.#processes)
      useFields.forEach((field, index) => {
        ring[this.#next * useFields.length + index] = processes[type]?.[field] ?? 0;
      });
    this.#next = (this.#next + 1) % stepsMax;
    this.#count = Math.min(stepsMax, this.#count + 1);
  }

  /** Says whether there is some: whoever has not run for longest makes it, as jobs do that ran once. */
  #makeRoom(running: Step["processes"]): boolean {
    if (this.#processes.size < processTypesMax) return true;
    const idle = [...this.#processes]
      .filter(([type]) => running[type] === undefined)
      .map(([type, ring]) => ({ type, steps: this.#stepsSinceUse(ring) }))
      .toSorted((a, b) => b.steps - a.steps)[0];
    return idle !== undefined && this.#processes.delete(idle.type);
  }

  #stepsSinceUse(ring: Float64Array): number {
    const last = this.#slots(this.#count).findLastIndex((slot) => ring[slot * useFields.length] !== 0);
    return this.#count - 1 - last;
  }

  /** Steps of which nothing is known. */
  skip(steps: number): void {
    const nothing = { requests: 0, errors: 0, latencies: [], processes: {} };
    for (let step = 0; step < Math.min(steps, stepsMax); step++) this.add(nothing);
  }

  /** All that is known, the oldest first, for `restored`. */
  kept(): KeptHistory {
    const inOrder = (ring: Float64Array, fields: number): Float64Array => {
      const rows = new Float64Array(this.#count * fields);
      this.#slots(this.#count).forEach((slot, index) =>
        rows.set(ring.subarray(slot * fields, (slot + 1) * fields), index * fields),
      );
      return rows;
    };
    const processes = [...this.#processes].map(
      ([type, ring]) => [type, inOrder(ring, useFields.length)] as const,
    );
    return { count: this.#count, router: inOrder(this.#router, routerFields), processes };
  }

  /** Undefined when it was kept in another form. */
  static restored({ count, router, processes }: KeptHistory): AppHistory | undefined {
    const fits =
      Number.isSafeInteger(count) &&
      count >= 0 &&
      count <= stepsMax &&
      router.length === count * routerFields &&
      processes.length <= processTypesMax &&
      processes.every(([, rows]) => rows.length === count * useFields.length);
    if (!fits) return undefined;
    const history = new AppHistory();
    history.#router.set(router);
    for (const [type, rows] of processes) {
      const ring = new Float64Array(stepsMax * useFields.length);
      ring.set(rows);
      history.#processes.set(type, ring);
    }
    history.#count = count;
    history.#next = count % stepsMax;
    return history;
  }

  #slots(count: number): number[] {
    return Array.from({ length: count }, (_, index) => (this.#next - count + index + stepsMax) % stepsMax);
  }

  /** The last steps, at most so many. */
  read(max: number): Pick<AppMetrics, "steps" | "overall"> {
    const slots = this.#slots(Math.min(max, this.#count));
    const all = emptyLatencies();
    let requests = 0;
    let errors = 0;
    for (const slot of slots) {
      requests += this.#router[slot * routerFields] ?? 0;
      errors += this.#router[slot * routerFields + 1] ?? 0;
      this.#latencies(slot).forEach((value, index) => (all[index] = (all[index] ?? 0) + value));
    }
    return {
      steps: slots.map((slot) => this.#step(slot)),
      overall: { requests, errors, ...percentiles(all) },
    };
  }

  #step(slot: number): MetricStep {
    const requests = this.#router[slot * routerFields] ?? 0;
    const errors = this.#router[slot * routerFields + 1] ?? 0;
    const processes = [...this.#processes].flatMap(([type, ring]): [string, ProcessUse][] => {
      const values = useFields.map(
        (field, index) => [field, ring[slot * useFields.length + index] ?? 0] as const,
      );
      const use = Object.fromEntries(values) as unknown as ProcessUse;
      return use.instances === 0 ? [] : [[type, use]];
    });
    return {
      requestsPerSecond: (requests * 1000) / stepMs,
      errorShare: requests === 0 ? 0 : errors / requests,
      ...percentiles(this.#latencies(slot)),
      processes: Object.fromEntries(processes),
    };
  }

  #latencies(slot: number): readonly number[] {
    const at = slot * routerFields + 2;
    return [...this.#router.subarray(at, at + latencyCount)];
  }
}

function percentiles(latencies: readonly number[]): Pick<MetricStep, "p50Ms" | "p95Ms" | "p99Ms"> {
  return {
    p50Ms: latencyPercentile(latencies, 50),
    p95Ms: latencyPercentile(latencies, 95),
    p99Ms: latencyPercentile(latencies, 99),
  };
}

export interface RouterTotals {
  readonly requests?: number | undefined;
  readonly serverErrors?: number | undefined;
  readonly unserved?: number | undefined;
  readonly latencies?: readonly number[] | undefined;
}

/** What came since; totals that are smaller than before were begun anew. */
export function grownSince(
  before: RouterTotals | undefined,
  now: RouterTotals,
): Pick<Step, "requests" | "errors" | "latencies"> {
  const isNew = before === undefined || (now.requests ?? 0) < (before.requests ?? 0);
  const since = (value: number | undefined, old: number | undefined): number =>
    Math.max(0, (value ?? 0) - (isNew ? 0 : (old ?? 0)));
  return {
    requests: since(now.requests, before?.requests),
    errors: since(now.serverErrors, before?.serverErrors) + since(now.unserved, before?.unserved),
    latencies: (now.latencies ?? []).map((value, index) => since(value, before?.latencies?.[index])),
  };
}
