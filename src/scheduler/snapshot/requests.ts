/**
 * What a pod asks for. Containers add up; init containers run one after another before them, so that only the
 * largest counts; an init container that restarts always (a sidecar) stays and adds up with what follows.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */

import { AmountError, amountOf, MAX_AMOUNT } from "./amounts.ts";
import type { ContainerObject, PodObject, QuantityMap } from "./objects.ts";

/** Scores count a container that asks for nothing as if it asked for this, so that such pods spread too. */
export const assumedMilliCpu = 100;
export const assumedMemoryBytes = 200 * 1024 * 1024;

export interface ResourceAmount {
  readonly name: string;
  readonly amount: number;
}

export interface PodRequests {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  /** All others, without zeros, in order of their name. */
  readonly others: readonly ResourceAmount[];
  /** For scores: with the assumed amounts of containers that ask for none. */
  readonly scoredMilliCpu: number;
  readonly scoredMemoryBytes: number;
}

export const nothing: PodRequests = {
  milliCpu: 0,
  memoryBytes: 0,
  ephemeralBytes: 0,
  others: [],
  scoredMilliCpu: 0,
  scoredMemoryBytes: 0,
};

/** What counts as all of any node: the share of a bound pod whose requests cannot be counted. */
export const everything: PodRequests = {
  ...nothing,
  milliCpu: MAX_AMOUNT,
  memoryBytes: MAX_AMOUNT,
  ephemeralBytes: MAX_AMOUNT,
  scoredMilliCpu: MAX_AMOUNT,
  scoredMemoryBytes: MAX_AMOUNT,
};

/** Of one resource, by its name. */
export function requestOf(requests: PodRequests, resource: string): number {
  if (resource === "cpu") return requests.milliCpu;
  if (resource === "memory") return requests.memoryBytes;
  if (resource === "ephemeral-storage") return requests.ephemeralBytes;
  return requests.others.find(({ name }) => name === resource)?.amount ?? 0;
}

/** Throws an AmountError when a quantity cannot be counted. */
export function podRequests(pod: PodObject): PodRequests {
  const asked = addUp(pod, (container) => container.resources?.requests ?? {});
  const scored = addUp(pod, (container) => withAssumed(container.resources?.requests));
  const amount = (amounts: Map<string, number>, name: string): number => amounts.get(name) ?? 0;
  const others: ResourceAmount[] = [];
  for (const [name, value] of asked) {
    if (value > MAX_AMOUNT) throw new AmountError(`asks for more ${name} than can be counted`);
    if (value > 0 && !columnsOfTheirOwn.has(name)) others.push({ name, amount: value });
  }
  others.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    milliCpu: amount(asked, "cpu"),
    memoryBytes: amount(asked, "memory"),
    ephemeralBytes: amount(asked, "ephemeral-storage"),
    others,
    scoredMilliCpu: Math.min(MAX_AMOUNT, amount(scored, "cpu")),
    scoredMemoryBytes: Math.min(MAX_AMOUNT, amount(scored, "memory")),
  };
}

const columnsOfTheirOwn = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);

/** What of the network's traffic a pod asks for, of nodes that offer it; as a resource of a container, or so. */
export const networkResource = "nagi.dev/network-mbps";

/** As an annotation, for all containers together. */
export function networkOf({ metadata }: PodObject): string | undefined {
  return metadata.annotations?.[networkResource];
}

type RequestsOf = (container: ContainerObject) => QuantityMap;

function addUp(pod: PodObject, requestsOf: RequestsOf): Map<string, number> {
  const { containers, initContainers = [], overhead, resources } = pod.spec;
  const total = new Map<string, number>();
  const network = networkOf(pod);
  if (network !== undefined) add(total, { [networkResource]: network });
  for (const container of containers) add(total, requestsOf(container));
  const sidecars = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of initContainers) {
    const stage = new Map(sidecars);
    add(stage, requestsOf(container));
    if (container.restartPolicy === "Always") {
      add(total, requestsOf(container));
      add(sidecars, requestsOf(container));
    }
    raise(starting, stage);
  }
  raise(total, starting);
  for (const [name, quantity] of Object.entries(resources?.requests ?? {})) {
    if (isPodLevel(name)) total.set(name, amountOf(name, quantity));
  }
  if (overhead !== undefined) add(total, overhead);
  return total;
}

/** The resources that a pod can ask for as a whole, in place of its containers. */
function isPodLevel(resource: string): boolean {
  return resource === "cpu" || resource === "memory" || resource.startsWith("hugepages-");
}

function add(total: Map<string, number>, quantities: QuantityMap): void {
  for (const name in quantities) {
    const quantity = quantities[name];
    if (quantity !== undefined) total.set(name, (total.get(name) ?? 0) + amountOf(name, quantity));
  }
}

function raise(total: Map<string, number>, others: Map<string, number>): void {
  for (const [name, amount] of others) total.set(name, Math.max(total.get(name) ?? 0, amount));
}

const assumed: QuantityMap = { cpu: `${assumedMilliCpu}m`, memory: String(assumedMemoryBytes) };

function withAssumed(requests: QuantityMap | undefined): QuantityMap {
  if (requests?.["cpu"] !== undefined && requests["memory"] !== undefined) return requests;
  return { ...assumed, ...requests };
}
