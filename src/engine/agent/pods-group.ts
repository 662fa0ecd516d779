/**
 * The control group that all pods of a Nagi are in, as the kubelet's `kubepods`: without one, all containers of the machine
 * together count as much as a single session of any program does, and apps answer late while one is deployed (adr/0176).
 * With systemd, slices share the processors out, and containers are in one of their own.
 */

import { availableParallelism } from "node:os";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { makeWeighedGroup, removeGroups } from "../../lib/control-group.ts";

/** A processor's worth of pods, in ordinary groups: the kubelet's is 1; 4 was not told from 2 by who asks apps. */
const timesPerProcessor = 2;

/** What to tell the engine of each container; undefined: it has its own place for them. */
export async function openPodsGroup(engine: ContainerEngine, instance: string): Promise<string | undefined> {
  if (!(await engine.isPodman()) || (await engine.cgroupDriver()) === "systemd") return undefined;
  await makeWeighedGroup(nameOf(instance), timesPerProcessor * availableParallelism());
  return `/${nameOf(instance)}`;
}

/** With all pods gone. */
export async function removePodsGroup(instance: string): Promise<void> {
  await removeGroups(nameOf(instance));
}

function nameOf(instance: string): string {
  return `nagi-${instance}`;
}
