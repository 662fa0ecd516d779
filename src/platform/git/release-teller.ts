/** Tells who pushed how the release of a build goes, until it serves or has failed. */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import type { Tell } from "./hook-session.ts";

const releaseTimeoutMs = 15 * 60_000;

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
  try {
    const { namespace, labels } = build.metadata;
    const fieldSelector = `spec.app=${labels?.["nagi.dev/app"] ?? ""}`;
    for await (const event of client.watch(releaseKind, { namespace, fieldSelector, signal })) {
      if (event.type === "BOOKMARK" || event.object.spec.build !== build.metadata.name) continue;
      if (!announced) tell(`-----> Release v${event.object.spec.version}${processesText(event.object)}`);
      announced = true;
      const tookText = `${((clock.now() - startMs) / 1000).toFixed(1)} s`;
      if (await tellPhase(event.object, tell, client, tookText)) return;
    }
  } finally {
    timer.cancel();
    aborter.abort();
  }
  if (!gone.aborted) tell(" !     The release is not live yet. See `nagi ps` and `nagi events`.");
}

function processesText({ spec }: Release): string {
  const names = Object.keys(spec.processes);
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}

/** Whether that was the end. */
async function tellPhase(
  { metadata, spec, status }: Release,
  tell: Tell,
  client: Client,
  tookText: string,
): Promise<boolean> {
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
      tell(" !     What ran before goes on. See `nagi logs` and `nagi events`.");
      return true;
    case "Superseded":
      tell(`       v${spec.version} was followed by a newer release before it was live`);
      return true;
    default:
      return false;
  }
}
