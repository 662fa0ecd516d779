/** From what is told of pods to what the process types of an app use. Pure. */

import { processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { ProcessUse } from "../../model/app-metrics.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";

/** Of one pod; without metrics it counts as an instance that uses nothing yet. */
export function podUse(pod: Pod, metrics: PodMetrics | undefined): ProcessUse {
  const usages = (metrics?.containers ?? []).map(({ usage = {} }) => usage);
  const total = (name: string, valueOf: (text: string | undefined) => number): number =>
    usages.reduce((sum, usage) => sum + valueOf(usage[name]), 0);
  return {
    instances: 1,
    cpuMillis: total("cpu", milliValue),
    memoryBytes: total("memory", byteValue),
    throttledMillis: total("nagi.dev/cpu-throttled", milliValue),
    receivedBytes: total("nagi.dev/received", byteValue),
    sentBytes: total("nagi.dev/sent", byteValue),
    readBytes: total("nagi.dev/disk-read", byteValue),
    writtenBytes: total("nagi.dev/disk-written", byteValue),
    restarts: (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

/** By process type, of the pods of one app that run. */
export function usesByProcess(
  pods: readonly Pod[],
  metricsOf: (pod: Pod) => PodMetrics | undefined,
): Record<string, ProcessUse> {
  const uses: Record<string, ProcessUse> = {};
  for (const pod of pods) {
    if (pod.status?.phase !== "Running") continue;
    const type = pod.metadata.labels?.[processLabel] ?? "other";
    const one = podUse(pod, metricsOf(pod));
    const sum = uses[type];
    uses[type] = sum === undefined ? one : added(sum, one);
  }
  return uses;
}

function added(a: ProcessUse, b: ProcessUse): ProcessUse {
  const names = Object.keys(a) as (keyof ProcessUse)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as ProcessUse;
}
