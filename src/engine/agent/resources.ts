/** Requests and limits: what the engine is told of them, and the class of service that follows. */

import { byteValue, milliValue } from "../../model/quantity.ts";
import type { HostConfig } from "../../lib/container-engine/engine-types.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { systemPriorities } from "../../model/kinds/scheduling/priorityclass/priorityclass.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const nodeCritical = systemPriorities["system-node-critical"] ?? Number.POSITIVE_INFINITY;
const cpuPeriodUs = 100_000;
const minQuotaUs = 1000;
const minShares = 2;
/** The kernel refuses containers that have less to start with. */
const minMemoryBytes = 6 * 1024 * 1024;

export function cgroupSettings(container: Container): HostConfig {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuRequest = requests["cpu"] ?? limits["cpu"];
  const memory = Math.max(minMemoryBytes, byteValue(limits["memory"]));
  const quota = Math.max(minQuotaUs, (milliValue(limits["cpu"]) * cpuPeriodUs) / 1000);
  return {
    ...(cpuRequest === undefined
      ? {}
      : { CpuShares: Math.max(minShares, Math.floor((milliValue(cpuRequest) * 1024) / 1000)) }),
    ...(limits["cpu"] === undefined ? {} : { CpuPeriod: cpuPeriodUs, CpuQuota: quota }),
    // Equal limits of memory and of memory with swap: no swap.
    ...(limits["memory"] === undefined ? {} : { Memory: memory, MemorySwap: memory }),
  };
}

export function qosClassOf({ spec }: Pod): QosClass {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const amounts = all.flatMap(({ resources }) =>
    (["cpu", "memory"] as const).map((name) => ({
      limit: resources?.limits?.[name],
      request: resources?.requests?.[name] ?? resources?.limits?.[name],
    })),
  );
  if (amounts.every(({ limit, request }) => isZero(limit) && isZero(request))) return "BestEffort";
  const guaranteed = amounts.every(
    ({ limit, request }) => !isZero(limit) && milliValue(limit) === milliValue(request),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function isZero(amount: string | undefined): boolean {
  return amount === undefined || milliValue(amount) === 0;
}

interface OomSite {
  readonly machineMemoryBytes: number;
  readonly mayProtect: boolean;
}

/** As the kubelet's; the platform itself has -999, or 0 where that is not permitted (lib/oom-score.ts). */
const protectedScore = { guaranteed: -997, pause: -998 };
/** After the platform, before all others. */
const guaranteedScore = 1;

/**
 * Who goes first when the kernel runs out of memory, -1000 to 1000, higher first.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
 */
export function oomScoreOf(
  pod: Pod,
  container: Container,
  { machineMemoryBytes, mayProtect }: OomSite,
): number {
  const qos = qosClassOf(pod);
  const isCritical = (pod.spec.priority ?? 0) >= nodeCritical;
  if (qos === "Guaranteed" || isCritical) return mayProtect ? protectedScore.guaranteed : guaranteedScore;
  if (qos === "BestEffort") return 1000;
  const request = byteValue(
    container.resources?.requests?.["memory"] ?? container.resources?.limits?.["memory"],
  );
  const share = Math.floor((1000 * request) / machineMemoryBytes);
  return Math.min(999, Math.max(3, 1000 - share));
}

/** It holds the network of all containers of its pod, and next to no memory. */
export function pauseOomScore({ mayProtect }: Pick<OomSite, "mayProtect">): number {
  return mayProtect ? protectedScore.pause : 0;
}
