/** Waits for the release that a change of an app makes, and says how it goes. */

import { app as appKind, type App } from "../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../model/kinds/nagi/release/release.ts";
import type { CommandContext } from "./command.ts";
import { paint } from "./terminal.ts";
import { pause, pollMs } from "./wait.ts";

const waitMaxMs = 15 * 60_000;
const noReleaseMs = 15_000;

/** `before` is the app as it was before the change. Resolves with the exit code. */
export async function followRelease(context: CommandContext, before: App): Promise<number> {
  const { terminal, signal } = context;
  const { namespace, name = "" } = before.metadata;
  const client = await context.client();
  const versionBefore = before.status?.latestVersion ?? 0;
  const startMs = Date.now();
  for (;;) {
    const found = await client.get(appKind, { namespace, name });
    const version = found.status?.latestVersion ?? 0;
    if (version > versionBefore) {
      const made = await client.get(release, { namespace, name: `${name}-v${version}` });
      const outcome = settled(made);
      if (outcome === "live") {
        terminal.progressDone(`Release v${version} is live${addressOf(found)}`);
        return 0;
      }
      if (outcome === "failed") {
        terminal.progressDone();
        terminal.note(
          `${paint(terminal, "red", `Release v${version} failed:`)} ${made.status?.message ?? "no reason given"}`,
        );
        terminal.note(`See: nagi logs --app ${name}; nagi releases --app ${name}`);
        return 1;
      }
      terminal.progress(`Release v${version}: ${made.status?.message ?? "starting"}`);
    } else if (Date.now() - startMs > noReleaseMs) {
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

function addressOf(found: App): string {
  return found.status?.url === undefined ? "" : `: ${found.status.url}`;
}

function settled({ status }: Release): "live" | "failed" | undefined {
  if (status?.phase === "Live" || status?.phase === "Superseded") return "live";
  return status?.phase === "Failed" ? "failed" : undefined;
}
