/** Waiting until so many of each process type are ready. */

import { findCondition } from "../model/conditions.ts";
import { app } from "../model/kinds/nagi/app/app.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
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
  context.terminal.progressDone();
}
