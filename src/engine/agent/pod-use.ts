/** From what the kernel counts to what each container of a pod uses. Pure. */

import { byteQuantity, milliQuantity } from "../../model/quantity.ts";
import type { ContainerExtras } from "./container-extras.ts";
import type { MachineCounters } from "./machine-counters.ts";

export interface MeasuredContainer {
  readonly id: string;
  readonly podUid: string;
  /** In the pod. */
  readonly name: string;
}

/** One for each container that runs. */
export type PodUse = readonly {
  readonly container: string;
  /** Also, where the kernel counts it: what `extraUsage` names. */
  readonly usage: { readonly cpu: string; readonly memory: string } & Readonly<Record<string, string>>;
}[];

/** By UID of the pod, between two readings; a container that was not there at the first is left out until the next. */
export function podUses(
  last: MachineCounters,
  now: MachineCounters,
  containers: readonly MeasuredContainer[],
): Map<string, PodUse> {
  const elapsedMs = now.atMs - last.atMs;
  const uses = new Map<string, PodUse>();
  for (const { id, podUid, name } of containers) {
    const [before, after] = [last.containers.get(id), now.containers.get(id)];
    if (before === undefined || after === undefined) continue;
    const cpuMillis = Math.max(0, after.cpuUs - before.cpuUs) / elapsedMs;
    const usage = {
      cpu: milliQuantity(Math.round(cpuMillis)),
      memory: byteQuantity(Math.round(after.memoryBytes / 1024) * 1024),
      // The containers of a pod share its network: the first one is told of it.
      ...extraUsage(before.extras, after.extras, { elapsedMs, withNetwork: !uses.has(podUid) }),
    };
    uses.set(podUid, [...(uses.get(podUid) ?? []), { container: name, usage }]);
  }
  for (const [uid, use] of uses)
    uses.set(
      uid,
      use.toSorted((a, b) => (a.container < b.container ? -1 : 1)),
    );
  return uses;
}

/** Bytes are those of a second; throttled is the share of the time that it wanted a processor and was given none. */
function extraUsage(
  before: ContainerExtras | undefined,
  after: ContainerExtras | undefined,
  { elapsedMs, withNetwork }: { readonly elapsedMs: number; readonly withNetwork: boolean },
): Record<string, string> {
  if (before === undefined || after === undefined) return {};
  const grown = (name: keyof ContainerExtras): number => Math.max(0, after[name] - before[name]);
  const perSecond = (name: keyof ContainerExtras): string =>
    String(Math.round((grown(name) * 1000) / elapsedMs));
  return {
    "nagi.dev/cpu-throttled": milliQuantity(Math.round(grown("throttledUs") / elapsedMs)),
    "nagi.dev/disk-read": perSecond("readBytes"),
    "nagi.dev/disk-written": perSecond("writtenBytes"),
    ...(withNetwork
      ? { "nagi.dev/received": perSecond("receivedBytes"), "nagi.dev/sent": perSecond("sentBytes") }
      : {}),
  };
}
