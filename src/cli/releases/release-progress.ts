/** Waits for the release that a change of an app makes, and says how it goes. */

import { lastWordsOf, releasePhaseLines } from "../../client/release-phase-log.ts";
import { systemClock } from "../../lib/clock.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { isWaitingForAddons } from "../../model/kinds/nagi/app/wanted-addons.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import type { CommandContext } from "../command.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";

const waitMaxMs = 60 * 60_000;
const noReleaseMs = 15_000;
const wishProblem = "nagi.dev/wish-problem";
const wishes = ["nagi.dev/rollback-to", "nagi.dev/retry"];

/** `before` is the app as it was before the change. Resolves with the exit code. */
export async function followRelease(context: CommandContext, before: App): Promise<number> {
  const { terminal, signal } = context;
  const { namespace, name = "" } = before.metadata;
  const client = await context.client();
  const versionBefore = before.status?.latestVersion ?? 0;
  const startMs = Date.now();
  /** From when on a release that changes something would have come. */
  let sinceMs = startMs;
  const shown = new Set<number>();
  for (;;) {
    const found = await client.get(appKind, { namespace, name });
    const version = found.status?.latestVersion ?? 0;
    const { annotations = {} } = found.metadata;
    const problem = annotations[wishProblem];
    if (version > versionBefore) {
      const made = await client.get(release, { namespace, name: `${name}-v${version}` });
      await showReleasePhase(context, made, shown);
      const code = tell(context, found, made, shown.has(version));
      if (code !== undefined) return code;
    } else if (problem !== undefined) {
      terminal.progressDone();
      terminal.note(`${paint(terminal, "red", "error:")} ${problem}`);
      return 1;
    } else if (isWaitingForAddons(found)) {
      terminal.progress("Waiting for the add-ons of app.json");
      sinceMs = Date.now();
    } else if (isUnchanged(found, sinceMs)) {
      terminal.progressDone(`Nothing of the running release changes, so no release is made.`);
      return 0;
    }
    if (Date.now() - startMs > waitMaxMs) {
      terminal.progressDone();
      terminal.note(`The release goes on without this command. See: nagi releases --app ${name}`);
      return 1;
    }
    await pause(pollMs, signal);
  }
}

function isUnchanged({ metadata }: App, startMs: number): boolean {
  const isWished = wishes.some((wish) => metadata.annotations?.[wish] !== undefined);
  return !isWished && Date.now() - startMs > noReleaseMs;
}

/** The exit code, when that was the end. */
function tell(context: CommandContext, found: App, made: Release, shownPhase: boolean): number | undefined {
  const { terminal } = context;
  const { name = "" } = found.metadata;
  const version = `v${made.spec.version}`;
  const outcome = settled(made);
  if (outcome === "live") {
    terminal.progressDone(`Release ${version} is live${addressOf(found)}`);
    return 0;
  }
  if (outcome === "held") {
    terminal.progressDone(`Release ${version} is ${made.status?.message ?? "held"}`);
    return 0;
  }
  if (outcome === undefined) {
    terminal.progress(`Release ${version}: ${made.status?.message ?? "starting"}`);
    return undefined;
  }
  terminal.progressDone();
  const why = made.status?.message ?? "no reason given";
  terminal.note(`${paint(terminal, "red", `Release ${version} failed:`)} ${why}`);
  for (const line of lastWordsOf(made, shownPhase)) terminal.note(`    ${line}`);
  terminal.note(`See: nagi releases info ${version} --app ${name}; nagi logs --app ${name}`);
  return 1;
}

async function showReleasePhase(context: CommandContext, made: Release, shown: Set<number>): Promise<void> {
  const { version } = made.spec;
  if (shown.has(version) || made.status?.releasePhase?.pod === undefined) return;
  shown.add(version);
  const { terminal, signal } = context;
  terminal.progressDone();
  terminal.print(`-----> Release phase of v${version}`);
  const client = await context.client();
  for await (const line of releasePhaseLines(made, { client, clock: systemClock, signal }))
    terminal.print(`       ${line}`);
}

function addressOf(found: App): string {
  return found.status?.url === undefined ? "" : `: ${found.status.url}`;
}

function settled({ status }: Release): "live" | "held" | "failed" | undefined {
  if (status?.phase === "Held") return "held";
  if (status?.phase === "Live" || status?.phase === "Superseded") return "live";
  return status?.phase === "Failed" ? "failed" : undefined;
}
