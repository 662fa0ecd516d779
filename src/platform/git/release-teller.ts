/** Tells who pushed how the release of a build goes, until it serves or has failed. */

import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { lastWordsOf, releasePhaseLines, type PhaseLogOptions } from "../../client/release-phase-log.ts";
import type { Clock } from "../../lib/clock.ts";
import { deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import type { Tell } from "./hook-session.ts";

/** A release phase may take its time. */
const releaseTimeoutMs = 60 * 60_000;

export interface ReleaseTellerOptions {
  readonly client: Client;
  readonly clock: Clock;
}

/** The push is accepted: this is for the pusher's eyes. */
export async function tellRelease(
  build: Build,
  tell: Tell,
  options: ReleaseTellerOptions,
  gone: AbortSignal,
): Promise<void> {
  const { client, clock } = options;
  const aborter = new AbortController();
  const timer = clock.after(releaseTimeoutMs, () => aborter.abort());
  const signal = AbortSignal.any([aborter.signal, gone]);
  const startMs = clock.now();
  let announced = false;
  let shownPhase = false;
  let toldCanary = "";
  try {
    const { namespace, labels } = build.metadata;
    const fieldSelector = `spec.app=${labels?.[appLabel] ?? ""}`;
    for await (const event of client.watch(releaseKind, { namespace, fieldSelector, signal })) {
      if (event.type === "BOOKMARK" || event.object.spec.build !== build.metadata.name) continue;
      if (!announced) {
        tell(`-----> Release v${event.object.spec.version}${processesText(event.object)}`);
        for (const line of await strategyLines(client, event.object)) tell(`       ${line}`);
      }
      announced = true;
      if (!shownPhase && event.object.status?.releasePhase?.pod !== undefined) {
        shownPhase = true;
        await tellReleasePhase(event.object, tell, { client, clock, signal });
      }
      const { canary, phase, message = "" } = event.object.status ?? {};
      if (canary !== undefined && phase === "Deploying" && message !== toldCanary) {
        toldCanary = message;
        tell(`       ${message}`);
      }
      const tookText = `${((clock.now() - startMs) / 1000).toFixed(1)} s`;
      if (await tellPhase(event.object, tell, { client, tookText, shownPhase })) return;
    }
  } finally {
    timer.cancel();
    aborter.abort();
  }
  if (!gone.aborted) tell(" !     The release is not live yet. See `nagi ps` and `nagi events`.");
}

function processesText({ spec }: Release): string {
  const names = Object.keys(spec.processes).filter((name) => name !== "release");
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}

/** What a pusher should know about how the release takes over. */
async function strategyLines(client: Client, { metadata, spec }: Release): Promise<string[]> {
  const { namespace } = metadata;
  const { items } = await client.list(deployment, { namespace, labelSelector: `${appLabel}=${spec.app}` });
  const { spec: wanted } = await client.get(appKind, { namespace, name: spec.app });
  // The app may have chosen so a moment ago.
  const isChosen = wanted?.deploy?.strategy === "recreate";
  const recreated = items.filter((each) => isChosen || each.spec.strategy?.type === "Recreate");
  const processes = recreated.map((each) => each.metadata.labels?.[processLabel] ?? each.metadata.name);
  // What runs beside has the same processes.
  const names = [...new Set(processes)];
  if (names.length === 0) return [];
  const why = recreated.some((each) => each.metadata.annotations?.["nagi.dev/recreate"] === "volume")
    ? " (a volume must not have two writers)"
    : "";
  return [`recreate: ${names.join(", ")} ends before it starts anew${why}`];
}

async function tellReleasePhase(release: Release, tell: Tell, options: PhaseLogOptions): Promise<void> {
  tell("-----> Release phase");
  for await (const line of releasePhaseLines(release, options)) tell(`       ${line}`);
}

interface Telling {
  readonly client: Client;
  readonly tookText: string;
  /** Whether the pusher has seen the release phase's log. */
  readonly shownPhase: boolean;
}

/** Whether that was the end. */
async function tellPhase(
  release: Release,
  tell: Tell,
  { client, tookText, shownPhase }: Telling,
): Promise<boolean> {
  const { metadata, spec, status } = release;
  switch (status?.phase) {
    case "Live": {
      const app = await client.get(appKind, { namespace: metadata.namespace, name: spec.app });
      const url = app.status?.url;
      tell(`       live after ${tookText}`);
      if (url !== undefined) tell(`       ${url}`);
      return true;
    }
    case "Failed":
      tell(` !     v${spec.version} failed: ${status.message ?? "no reason is known"}`);
      for (const line of lastWordsOf(release, shownPhase)) tell(`         ${line}`);
      tell(` !     ${await whatRunsText(client, release)} See \`nagi logs\` and \`nagi events\`.`);
      return true;
    case "Held":
      tell(`       v${spec.version} is ${status.message ?? "held"}`);
      return true;
    case "Superseded":
      tell(`       v${spec.version} was followed by a newer release before it was live`);
      return true;
    default:
      return false;
  }
}

async function whatRunsText(client: Client, { metadata, spec }: Release): Promise<string> {
  const app = await client.get(appKind, { namespace: metadata.namespace, name: spec.app });
  return app.status?.currentRelease === undefined ? "Nothing runs yet." : "What ran before goes on.";
}
