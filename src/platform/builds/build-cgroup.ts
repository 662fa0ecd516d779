/**
 * The control group of one build's steps. An engine that is told to stop a build waits for the step that runs,
 * which may be long; by its control group the step is found and ended.
 */

import { sleep, type Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { killProcesses, makeWeighedGroup, ordinary, removeGroups } from "../../lib/control-group.ts";
import { wasOomKilled } from "../../lib/kernel-log.ts";

/** How long the engine may take to hear that a build is stopped, and how often it is looked after. */
const watchMs = 10_000;
const everyMs = 250;
/**
 * Of the processors, when others want them too: half of what an ordinary group has, and a quarter of a processor's worth of pods.
 * Nobody waits for a step as people wait for an answer.
 */
const times = 0.5;
export const buildCpuShares = ordinary.shares * times;
const uidPattern = /^[0-9a-zA-Z-]{1,64}$/;

/** With systemd a part of the scope's name. */
function nameOf(uid: string): string {
  if (!uidPattern.test(uid)) throw new Error(`cannot name the control group of build ${JSON.stringify(uid)}`);
  return `nagi-build-${uid}`;
}

/** Whether the kernel ended something of the build because its memory was used up; undefined where that is not known. */
export async function ranOutOfMemory(engine: ContainerEngine, uid: string): Promise<boolean | undefined> {
  return (await engine.isPodman()) ? await wasOomKilled(nameOf(uid)) : undefined;
}

/** What to tell the engine; undefined where it has no such setting. */
export async function buildCgroup(engine: ContainerEngine, uid: string): Promise<string | undefined> {
  if (!(await engine.isPodman())) return undefined;
  const driver = await engine.cgroupDriver();
  // systemd names a scope by slice, prefix and name; it becomes `nagi-build-UID.scope`.
  return driver === "systemd" ? `system.slice:nagi-build:${uid}` : `/${nameOf(uid)}`;
}

/**
 * Lets the build's steps have little of the processors while others want them. systemd gives a step's scope the weight that the
 * engine is asked for; otherwise a step's group lies in one of the build's own, which is to be made light beforehand. Until
 * what is returned is called, at the build's end. Where control groups cannot be written builds count as much as others.
 */
export async function makeLight(engine: ContainerEngine, uid: string): Promise<() => Promise<void>> {
  if (!(await engine.isPodman()) || (await engine.cgroupDriver()) === "systemd") return async () => undefined;
  await makeWeighedGroup(nameOf(uid), times);
  return () => removeBuildGroups(uid);
}

/** Those of a build that has ended. */
export async function removeBuildGroups(uid: string): Promise<void> {
  await removeGroups(nameOf(uid));
}

/**
 * Ends whatever runs for the build on this machine, and what the engine, which may not have heard yet, still
 * starts within a few seconds.
 */
export async function endBuildSteps(uid: string, clock: Clock): Promise<void> {
  for (let waitedMs = 0; waitedMs <= watchMs; waitedMs += everyMs) {
    await killProcesses(nameOf(uid));
    await sleep(clock, everyMs);
  }
}
