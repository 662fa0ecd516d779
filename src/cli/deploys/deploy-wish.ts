/** Asks the platform for something of a deploy that is under way, and waits until it is done. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { refOf } from "../../model/meta.ts";
import type { CommandContext } from "../command.ts";
import { pause, pollMs } from "../wait.ts";

const wishAnnotation = "nagi.dev/deploy-wish";
const problemAnnotation = "nagi.dev/wish-problem";
const waitMaxMs = 60_000;

export type WishAction = "cutover" | "back" | "cancel" | "finish" | "promote" | "pause" | "resume";

/** Throws with the platform's reason when it cannot be. */
export async function wishDeploy(
  context: CommandContext,
  found: App,
  { action, release }: { readonly action: WishAction; readonly release: Release },
): Promise<void> {
  const { terminal, signal } = context;
  const client = await context.client();
  const startMs = Date.now();
  const wish = `${action} v${release.spec.version} ${new Date(startMs).toISOString()}`;
  const annotations = { [wishAnnotation]: wish, [problemAnnotation]: null };
  await client.patch(appKind, refOf(found), { type: "merge", body: { metadata: { annotations } } });
  for (;;) {
    const { metadata } = await client.get(appKind, refOf(found));
    if (metadata.annotations?.[wishAnnotation] !== wish) {
      const problem = metadata.annotations?.[problemAnnotation];
      terminal.progressDone();
      if (problem !== undefined) throw new Error(problem);
      return;
    }
    if (Date.now() - startMs > waitMaxMs) {
      terminal.progressDone();
      throw new Error(
        `the platform has not done it within ${waitMaxMs / 1000} s; it goes on without this command. See: nagi deploys ${metadata.name}`,
      );
    }
    terminal.progress("Waiting for the router");
    await pause(pollMs, signal);
  }
}

/** The newest first. */
export async function releasesOf(context: CommandContext, { metadata }: App): Promise<Release[]> {
  const { namespace, name } = metadata;
  const client = await context.client();
  const { items } = await client.list(releaseKind, { namespace, labelSelector: `${appLabel}=${name}` });
  return items.toSorted((a, b) => b.spec.version - a.spec.version);
}

/** How much longer it goes on: `9 minutes`. */
export function standbyText({ status }: Release): string {
  const seconds = Math.max(0, Math.round((Date.parse(status?.standbyUntil ?? "") - Date.now()) / 1000));
  const [count, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : [Math.round(seconds / 3600), "hour"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** A release that was cut over and still runs, for the way back. */
export function standbyOf(releases: readonly Release[]): Release | undefined {
  return releases.find(({ status }) => status?.phase === "Superseded" && status.standbyUntil !== undefined);
}
