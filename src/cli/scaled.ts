/** Waiting until so many of each process type are ready. */

import { findCondition } from "../model/conditions.ts";
import { app } from "../model/kinds/nagi/app/app.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
import { appLabel, processLabel } from "../model/kinds/nagi/app/app-names.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import type { CommandContext } from "./command.ts";
import { pause, pollMs } from "./wait.ts";

const waitMaxMs = 5 * 60_000;

export interface Scaled {
  readonly found: App;
  /** How many of each process type. */
  readonly wanted: Readonly<Record<string, number>>;
}

export async function untilScaled(context: CommandContext, { found, wanted }: Scaled): Promise<void> {
  const client = await context.client();
  const { name = "", namespace } = found.metadata;
  if (found.status?.currentRelease === undefined) return;
  const startMs = Date.now();
  for (;;) {
    const { status } = await client.get(app, { namespace, name });
    const counts = Object.entries(wanted).map(([type, count]) => {
      const present = status?.processes?.[type];
      return {
        type,
        count,
        ready: present?.ready ?? 0,
        seen: present?.desired === count,
        problem: present?.problem,
      };
    });
    if (counts.every(({ count, ready, seen }) => seen && ready === count)) break;
    const problem = counts.find((each) => each.seen && each.problem !== undefined)?.problem;
    if (problem !== undefined)
      throw new Error(`${name} is not as it should be: ${problem}; see: nagi ps --app ${name}`);
    context.terminal.progress(
      `Scaling ${name}: ${counts.map(({ type, ready, count }) => `${type} ${ready}/${count}`).join(", ")} ready`,
    );
    if (Date.now() - startMs > waitMaxMs) {
      const { message = "not all instances are ready" } = findCondition(status?.conditions, "Ready") ?? {};
      const after = `after ${waitMaxMs / 60_000} minutes: ${message}`;
      throw new Error(`${name} is not as it should be ${after}; see: nagi ps --app ${name}`);
    }
    await pause(pollMs, context.signal);
  }
  await untilEnded(context, { found, wanted });
  context.terminal.progressDone();
}

/** Of what is stopped no instance may be left; of others those that are too many end by themselves. */
async function untilEnded(context: CommandContext, { found, wanted }: Scaled): Promise<void> {
  const client = await context.client();
  const { name = "", namespace } = found.metadata;
  const stopped = Object.keys(wanted).filter((type) => wanted[type] === 0);
  const startMs = Date.now();
  let graceMaxMs = 0;
  while (stopped.length > 0) {
    const labelSelector = `${appLabel}=${name}`;
    const left = (await client.list(pod, { namespace, labelSelector })).items.filter(
      (each) => isThere(each) && stopped.includes(each.metadata.labels?.[processLabel] ?? ""),
    );
    if (left.length === 0) return;
    graceMaxMs = Math.max(graceMaxMs, ...left.map(graceMsOf));
    const text = left.map(({ metadata }) => metadata.name).join(", ");
    context.terminal.progress(`Stopping ${name}: still to end: ${text}`);
    if (Date.now() - startMs > graceMaxMs + waitMaxMs)
      throw new Error(
        `${name} has instances that should have ended ${waitMaxMs / 60_000} minutes ago: ${text}; see: nagi ps --app ${name}`,
      );
    await pause(pollMs, context.signal);
  }
}

function isThere({ status }: Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function graceMsOf({ metadata, spec }: Pod): number {
  return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0) * 1000;
}
