/** What each pod on this machine uses of what can run short. Dear to find out, so only asked for under pressure. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerEngine } from "../../../lib/container-engine/container-engine.ts";
import { bytesUnder } from "../../../lib/directory-size.ts";
import { isEngineError } from "../../../lib/container-engine/engine-transport.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { ContainerRecord } from "../container-record.ts";
import { containerUse } from "../machine-counters.ts";
import type { Candidate, ContainerUsage } from "./rank.ts";
import { resourceOf, type Signal } from "./thresholds.ts";

const measureMaxMs = 20_000;

export interface UsagePlace {
  readonly engine: ContainerEngine;
  readonly podsDir: string;
  /** Where the engine keeps what containers write; undefined when that is not on this machine. */
  readonly imageDir: string | undefined;
}

/** Of the pods that have containers which run. Only what the signal is about is measured; the rest is 0. */
export async function measurePods(
  place: UsagePlace,
  signal: Signal,
  pods: readonly { readonly pod: Pod; readonly records: readonly ContainerRecord[] }[],
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const counts = resourceOf(signal) === "memory" ? undefined : await disksOf(place, signal);
  for (const { pod, records } of pods) {
    const running = records.filter(({ state, role }) => state === "running" && role !== "pause");
    if (running.length === 0) continue;
    const containers = await Promise.all(
      running.map(async (record): Promise<ContainerUsage> => {
        const { name } = record;
        if (counts === undefined)
          return { name, memoryBytes: (await containerUse("/", record.pid))?.memoryBytes ?? 0, diskBytes: 0 };
        return { name, memoryBytes: 0, diskBytes: counts.containers ? await writtenBy(place, record.id) : 0 };
      }),
    );
    const volumeBytes =
      counts?.volumes === true
        ? await bytesUnder(join(place.podsDir, pod.metadata.uid ?? ""), measureMaxMs)
        : 0;
    candidates.push({ pod, containers, volumeBytes: volumeBytes ?? 0 });
  }
  return candidates;
}

/** What of a pod lies on the disk that is short. */
async function disksOf(
  { podsDir, imageDir }: UsagePlace,
  signal: Signal,
): Promise<{ readonly volumes: boolean; readonly containers: boolean }> {
  const [pods, images] = await Promise.all([
    stat(podsDir),
    imageDir === undefined ? undefined : stat(imageDir).catch(() => undefined),
  ]);
  const same = images !== undefined && pods.dev === images.dev;
  const isImages = signal === "imagefs.available";
  return { volumes: same || !isImages, containers: same || isImages };
}

async function writtenBy({ engine }: UsagePlace, id: string): Promise<number> {
  try {
    const { SizeRw = 0, LogPath } = await engine.inspectContainer(id, { size: true });
    const log = LogPath === "" ? undefined : await stat(LogPath).catch(() => undefined);
    return SizeRw + (log?.size ?? 0);
  } catch (error) {
    // Gone meanwhile.
    if (isEngineError(error, 404)) return 0;
    throw error;
  }
}
