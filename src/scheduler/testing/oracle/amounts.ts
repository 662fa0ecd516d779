/** What pods ask for and nodes offer, in exact integers: thousandths of a cpu, bytes, counts. */

import { parseQuantity } from "../../../model/quantity.ts";
import type { Container, Node, Pod } from "./objects.ts";

/** A container that does not say what it asks for is scored as if it asked for this. */
const assumed: Readonly<Record<string, string>> = { cpu: "100m", memory: "200Mi" };

export function amount(resource: string, quantity: string): bigint {
  const { nanos } = parseQuantity(quantity);
  const unit = resource === "cpu" ? 1_000_000n : 1_000_000_000n;
  return (nanos + unit - 1n) / unit;
}

export function offered({ status }: Node, resource: string): bigint {
  return amount(resource, (status?.allocatable ?? status?.capacity)?.[resource] ?? "0");
}

/**
 * What the pod needs at its hungriest moment. Init containers run one after another, sidecars (init containers that
 * restart always) stay from their start on; what is said for the pod as a whole stands for its containers.
 */
export function requested({ spec }: Pod, resource: string, missing = "0"): bigint {
  const of = ({ resources }: Container): bigint =>
    amount(resource, resources?.requests?.[resource] ?? missing);
  const overhead = amount(resource, spec.overhead?.[resource] ?? "0");
  const whole = spec.resources?.requests?.[resource];
  if (whole !== undefined) return amount(resource, whole) + overhead;
  const moments: bigint[] = [];
  let sidecars = 0n;
  for (const container of spec.initContainers ?? []) {
    moments.push(sidecars + of(container));
    if (container.restartPolicy === "Always") sidecars += of(container);
  }
  moments.push(spec.containers.reduce((sum, container) => sum + of(container), sidecars));
  return moments.reduce((most, moment) => (moment > most ? moment : most)) + overhead;
}

/** The same for scores. */
export function scoredRequest(pod: Pod, resource: string): bigint {
  return requested(pod, resource, assumed[resource]);
}

export function requestedByAll(pods: readonly Pod[], resource: string): bigint {
  return pods.reduce((sum, pod) => sum + requested(pod, resource), 0n);
}

export function resourcesOf({ spec }: Pod): readonly string[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const maps = [
    ...containers.map(({ resources }) => resources?.requests),
    spec.overhead,
    spec.resources?.requests,
  ];
  const names = new Set(maps.flatMap((map) => Object.keys(map ?? {})));
  names.delete("pods");
  return [...names];
}
