/** When a probe counts as held or failed: pure counting, no time and no network. */

import type { Probe } from "../../model/kinds/core/pod/probe.ts";

export type ProbeType = "startup" | "liveness" | "readiness";

export interface ProbeState {
  /** What counts at the moment. */
  readonly healthy: boolean;
  readonly successes: number;
  readonly failures: number;
}

/** Liveness holds until it fails; the others fail until they hold. */
export function initialState(type: ProbeType): ProbeState {
  return { healthy: type === "liveness", successes: 0, failures: 0 };
}

export function afterResult(state: ProbeState, probe: Probe, ok: boolean): ProbeState {
  const successes = ok ? state.successes + 1 : 0;
  const failures = ok ? 0 : state.failures + 1;
  const reached = ok ? successes >= (probe.successThreshold ?? 1) : failures >= (probe.failureThreshold ?? 3);
  return { healthy: reached ? ok : state.healthy, successes, failures };
}

/** Whether the container is to be restarted for it. */
export function hasFailed(state: ProbeState, probe: Probe): boolean {
  return state.failures >= (probe.failureThreshold ?? 3);
}
