/** The quality-of-service class that follows from requests and limits. */

import { compareQuantities } from "../../../quantity.ts";
import type { ResourceRequirements } from "../resources.ts";
import type { PodSpec } from "./pod-spec.ts";

const counted = ["cpu", "memory"] as const;

export function qosClass(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const owners =
    spec.resources === undefined ? containers.map(({ resources }) => resources ?? {}) : [spec.resources];
  if (!owners.some(asksForSomething)) return "BestEffort";
  return owners.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

function amount(list: Record<string, string> | undefined, name: string): string | undefined {
  const text = list?.[name];
  return text === undefined || compareQuantities(text, "0") === 0 ? undefined : text;
}

function asksForSomething({ requests, limits }: ResourceRequirements): boolean {
  return counted.some((name) => amount(requests, name) !== undefined || amount(limits, name) !== undefined);
}

function isGuaranteed({ requests, limits }: ResourceRequirements): boolean {
  return counted.every((name) => {
    const limit = amount(limits, name);
    const request = amount(requests, name);
    return limit !== undefined && (request === undefined || compareQuantities(request, limit) === 0);
  });
}
