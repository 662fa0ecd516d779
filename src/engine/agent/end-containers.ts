/** Ends and removes all containers of an instance, and its network: for when the platform is shut down for good. */

import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { labels } from "./container-record.ts";
import { removePodNetwork } from "./network.ts";
import { removePodsGroup } from "./pods-group.ts";
import { stuckText, tryRemove } from "./stuck-container.ts";
import { isDeaf } from "./deaf-process.ts";

/** Containers that are ended at a time. */
const parallelEnds = 8;

export interface EndOptions {
  readonly instance: string;
  /** Between the stop signal and SIGKILL. */
  readonly graceSeconds: number;
}

/** Pods' objects and volumes stay: the next agent starts their containers again. */
export async function endContainers(
  engine: ContainerEngine,
  { instance, graceSeconds }: EndOptions,
): Promise<void> {
  const found = await engine.listContainers({ [labels.instance]: instance });
  const isPause = (role: string | undefined): boolean => role === "pause";
  // An engine keeps a container whose network others use: those that hold one go last.
  const [pauses, others] = [
    found.filter(({ Labels }) => isPause(Labels[labels.role])),
    found.filter(({ Labels }) => !isPause(Labels[labels.role])),
  ];
  const stuck: string[] = [];
  const remove = async (id: string): Promise<void> => {
    const why = await tryRemove(engine, id);
    if (why !== undefined) stuck.push(stuckText(id.slice(0, 12), why));
  };
  await inParallel(others, async ({ Id, State }) => {
    if (State === "running") await stop(engine, Id, graceSeconds);
    await remove(Id);
  });
  await inParallel(pauses, async ({ Id, State }) => {
    // It hears nothing; told to remove it, Podman would first wait ten seconds for it to stop.
    if (State === "running") await engine.killContainer(Id, "SIGKILL");
    await remove(Id);
  });
  // With all others gone; the network stays with those.
  if (stuck.length > 0) throw new Error(stuck.join("\n"));
  await removePodNetwork(engine, instance);
  await removePodsGroup(instance);
}

async function stop(engine: ContainerEngine, id: string, graceSeconds: number): Promise<void> {
  const { Config, State } = await engine.inspectContainer(id);
  const stopSignal = Config.Labels?.[labels.stopSignal] ?? "SIGTERM";
  if (await isDeaf(State.Pid, stopSignal)) await engine.killContainer(id, "SIGKILL");
  else await engine.stopContainer(id, graceSeconds);
}

async function inParallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await task(next);
  };
  await Promise.all(Array.from({ length: parallelEnds }, work));
}
