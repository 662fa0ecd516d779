/** Plays node agent and scheduler for tests: pods are bound, run and become ready at once; deleted ones go. */

import type { Client } from "../../../client/client.ts";
import { Informer } from "../../../client/informer.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { refOf } from "../../../model/meta.ts";
import { isConflict, isNotFound } from "../../../model/status.ts";

export interface FakeAgentOptions {
  readonly client: Client;
  /** Whether the pod becomes ready; all do when absent. */
  readonly isGood?: ((pod: Pod) => boolean) | undefined;
  /** Node that pods are bound to; without it they run unbound, which the fake client allows. */
  readonly node?: string | undefined;
  /** Pods without a node are left to a scheduler. */
  readonly onlyBound?: boolean | undefined;
  /** Phase that a pod reaches; Running when absent. */
  readonly phaseOf?: ((pod: Pod) => "Running" | "Succeeded" | "Failed") | undefined;
}

let addresses = 0;

export async function runFakeAgent(options: FakeAgentOptions, signal: AbortSignal): Promise<void> {
  const { client } = options;
  const informer = new Informer({ client, kind: podKind, clock: systemClock, log: silentLogger });
  const tasks = new Set<Promise<void>>();
  informer.onChange(({ type, object }) => {
    if (type === "deleted") return;
    const task = play(options, object).finally(() => tasks.delete(task));
    tasks.add(task);
  });
  await informer.run(signal);
  await Promise.all(tasks);
}

async function play(options: FakeAgentOptions, pod: Pod): Promise<void> {
  const { client, isGood, phaseOf, node } = options;
  try {
    if (pod.metadata.deletionTimestamp !== undefined) {
      await client.delete(podKind, refOf(pod), { gracePeriodSeconds: 0 });
      return;
    }
    if ((pod.status?.phase ?? "Pending") !== "Pending") return;
    if (node !== undefined && pod.spec.nodeName === undefined) {
      await client.post(podKind, refOf(pod), "binding", { target: { kind: "Node", name: node } });
      return;
    }
    if (options.onlyBound === true && (pod.spec.nodeName ?? "") === "") return;
    const phase = phaseOf?.(pod) ?? "Running";
    const ready = phase === "Running" && (isGood?.(pod) ?? true);
    const podIP = `10.1.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;
    const lastTransitionTime = new Date().toISOString();
    const conditions = [
      { type: "Ready", status: ready ? ("True" as const) : ("False" as const), lastTransitionTime },
    ];
    const status = { ...pod.status, phase, podIP, conditions };
    await client.update(podKind, { ...pod, status }, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
