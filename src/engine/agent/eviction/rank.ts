/**
 * Which pod goes first when the machine runs short, and what it is told. Pure.
 * Behaviour and words: kubernetes/kubernetes pkg/kubelet/eviction/helpers.go.
 */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { systemPriorities } from "../../../model/kinds/scheduling/priorityclass/priorityclass.ts";
import { byteValue } from "../../../model/quantity.ts";
import { amountText, quantityText, resourceOf, type Readings, type Threshold } from "./thresholds.ts";

export interface ContainerUsage {
  readonly name: string;
  readonly memoryBytes: number;
  /** What it wrote into its own file system, and its log. */
  readonly diskBytes: number;
}

/** A pod that runs here, with what it uses. */
export interface Candidate {
  readonly pod: Pod;
  readonly containers: readonly ContainerUsage[];
  /** Of its volumes that end with it. */
  readonly volumeBytes: number;
}

/** Less is not worth a pod: its end would not help. */
const worthBytes = 1024 * 1024;
const criticalPriority = systemPriorities["system-cluster-critical"] ?? Number.POSITIVE_INFINITY;

/**
 * Those whose end would help, the first to go first: who uses more than it requested before who does not, then by
 * priority, then by how much it uses beyond its request. What is critical for the system is never among them.
 */
export function rank(threshold: Threshold, candidates: readonly Candidate[]): Candidate[] {
  const resource = resourceOf(threshold.signal);
  const scored = candidates
    .filter(({ pod }) => (pod.spec.priority ?? 0) < criticalPriority)
    .map((candidate) => {
      const used = usedBytes(resource, candidate);
      return { candidate, used, over: used - requestOf(resource, candidate.pod) };
    })
    .filter(({ used }) => used >= worthBytes);
  return scored
    .toSorted((a, b) => {
      const exceeds = Number(b.over > 0) - Number(a.over > 0);
      if (exceeds !== 0) return exceeds;
      const priority = (a.candidate.pod.spec.priority ?? 0) - (b.candidate.pod.spec.priority ?? 0);
      return priority === 0 ? b.over - a.over : priority;
    })
    .map(({ candidate }) => candidate);
}

type Resource = ReturnType<typeof resourceOf>;

function usedBytes(resource: Resource, { containers, volumeBytes }: Candidate): number {
  const own = containers.reduce((sum, container) => sum + bytesOf(resource, container), 0);
  return resource === "memory" ? own : own + volumeBytes;
}

function bytesOf(resource: Resource, { memoryBytes, diskBytes }: ContainerUsage): number {
  return resource === "memory" ? memoryBytes : diskBytes;
}

function requestOf(resource: Resource, { spec }: Pod): number {
  return spec.containers.reduce((sum, { resources }) => sum + byteValue(resources?.requests?.[resource]), 0);
}

/** What the pod's status and event say. */
export function evictionMessage(threshold: Threshold, readings: Readings, candidate: Candidate): string {
  const resource = resourceOf(threshold.signal);
  const available = readings[threshold.signal]?.available ?? 0;
  const { spec } = candidate.pod;
  const parts = [
    `The node was low on resource: ${resource}.`,
    `Threshold quantity: ${quantityText(threshold, readings)}, available: ${amountText(threshold.signal, available)}.`,
  ];
  for (const usage of candidate.containers) {
    const used = bytesOf(resource, usage);
    const container = spec.containers.find(({ name }) => name === usage.name);
    const request = container?.resources?.requests?.[resource] ?? "0";
    if (used <= byteValue(request)) continue;
    const text = amountText("memory.available", used);
    parts.push(
      `Container ${usage.name} was using ${text}, request is ${request}, has larger consumption of ${resource}.`,
    );
  }
  if (resource !== "memory" && candidate.volumeBytes >= worthBytes)
    parts.push(`Its emptyDir volumes held ${amountText("memory.available", candidate.volumeBytes)}.`);
  return parts.join(" ");
}
