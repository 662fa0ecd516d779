/** The eviction of pods from this machine, with what it needs of the agent. */

import { sleep } from "../../../lib/clock.ts";
import type { AgentContext } from "../agent-context.ts";
import { evictionWaitMs, pressureTransitionMs } from "../limits.ts";
import type { PodWorker } from "../pod-worker.ts";
import { EvictionManager, type EvictionOptions } from "./eviction-manager.ts";
import type { Candidate } from "./rank.ts";
import { measurePods } from "./pod-usage.ts";
import { readPressure } from "./readings.ts";
import { defaultThresholds, parseThresholds, type Signal } from "./thresholds.ts";

export interface EvictionSettings {
  /** As kubelet's `--eviction-hard`. */
  readonly hard?: string | undefined;
  readonly transitionMs?: number | undefined;
  readonly reclaimDisk?: (() => Promise<void>) | undefined;
}

interface Given {
  readonly context: AgentContext;
  readonly settings: EvictionSettings;
  /** Where the engine keeps images and containers; undefined when that is not on this machine. */
  readonly imageDir: string | undefined;
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly onChange: EvictionOptions["onChange"];
}
const endPollMs = 200;

export function openEviction({ context, settings, imageDir, workers, onChange }: Given): EvictionManager {
  const { engine, index, podsDir, clock, log } = context;
  const places = { nodeDir: podsDir, imageDir };
  const evict = async ({ pod }: Candidate, message: string): Promise<void> => {
    const uid = pod.metadata.uid ?? "";
    workers.get(uid)?.evict(message);
    const untilMs = clock.now() + evictionWaitMs;
    while (index.ofPod(uid).length > 0 && clock.now() < untilMs) await sleep(clock, endPollMs);
  };
  const measure = (signal: Signal): Promise<Candidate[]> => {
    const pods = [...workers.values()].map(({ pod }) => pod);
    const known = pods.map((pod) => ({ pod, records: index.ofPod(pod.metadata.uid ?? "") }));
    return measurePods({ engine, podsDir, imageDir }, signal, known);
  };
  return new EvictionManager({
    thresholds: parseThresholds(settings.hard ?? defaultThresholds),
    transitionMs: settings.transitionMs ?? pressureTransitionMs,
    read: () => readPressure(places),
    measure,
    evict,
    reclaimDisk: settings.reclaimDisk,
    onChange,
    clock,
    log,
  });
}
