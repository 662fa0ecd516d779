/** Requests and limits: what the engine is told of them, and the class of service that follows. */

import { byteValue, milliValue } from "../../model/quantity.ts";
import type { HostConfig } from "../../lib/container-engine-types.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

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

/**
 * Who goes first when the machine runs out of memory, 0 to 1000. Kubernetes protects guaranteed pods with negative
 * values too, which need a privilege that not every machine gives; the platform itself stays at 0.
 */
export function oomScoreOf(pod: Pod, container: Container, machineMemoryBytes: number): number {
  const qos = qosClassOf(pod);
  if (qos === "Guaranteed") return 0;
  if (qos === "BestEffort") return 1000;
  const request = byteValue(
    container.resources?.requests?.["memory"] ?? container.resources?.limits?.["memory"],
  );
  const share = Math.floor((1000 * request) / machineMemoryBytes);
  return Math.min(999, Math.max(3, 1000 - share));
}
