/** Waiting until so many of each process type are ready. */

import { findCondition } from "../model/conditions.ts";
import { app } from "../model/kinds/nagi/app/app.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
import { appLabel, processLabel, releaseLabel } from "../model/kinds/nagi/app/app-names.ts";
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

/** Instances that are too many may take their grace time to end. */
async function untilEnded(context: CommandContext, { found, wanted }: Scaled): Promise<void> {
  const client = await context.client();
  const { name = "", namespace } = found.metadata;
  const shrinking = Object.entries(wanted).filter(
    ([type, count]) => count === 0 || count < (found.status?.processes?.[type]?.desired ?? 0),
  );
  const startMs = Date.now();
  let graceMaxMs = 0;
  while (shrinking.length > 0) {
    const labelSelector = `${appLabel}=${name}`;
    const present = (await client.list(pod, { namespace, labelSelector })).items.filter(isThere);
    const tooMany = shrinking.flatMap(([type, count]) => {
      const own = present.filter(({ metadata }) => metadata.labels?.[processLabel] === type);
      // A release that is held beside the live one has as many of its own.
      const releases = new Set(own.map(({ metadata }) => metadata.labels?.[releaseLabel]));
      return own.length > count * releases.size
        ? [{ type, more: own.length - count * releases.size, own }]
        : [];
    });
    if (tooMany.length === 0) return;
    graceMaxMs = Math.max(graceMaxMs, ...tooMany.flatMap(({ own }) => own.map(graceMsOf)));
    const text = tooMany.map(({ type, more }) => `${type} ${more}`).join(", ");
    context.terminal.progress(`Scaling ${name}: still to end: ${text}`);
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
