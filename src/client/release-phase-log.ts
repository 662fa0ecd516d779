/** What the release phase of a release says, as it says it; and the last words of a release that failed. */

import type { Clock } from "../lib/clock.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import type { Release } from "../model/kinds/nagi/release/release.ts";
import { isNotFound, isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";
import { waitFor } from "./wait-for.ts";

const startMaxMs = 60 * 60_000;

export interface PhaseLogOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The lines of the release phase, until it ends. Nothing when its pod is not there. */
export async function* releasePhaseLines(
  { metadata, status }: Release,
  { client, clock, signal }: PhaseLogOptions,
): AsyncGenerator<string> {
  const { pod: name, podUID } = status?.releasePhase ?? {};
  if (name === undefined) return;
  const ref = { namespace: metadata.namespace, name };
  const isThere = await waitFor(
    client,
    {
      kind: pod,
      ref,
      until: (found) =>
        found === undefined || found.metadata.uid !== podUID || found.status?.phase !== "Pending",
    },
    { clock, timeoutMs: startMaxMs, signal },
  );
  if (isThere === undefined || isThere.metadata.uid !== podUID) return;
  try {
    yield* lines(client.log(pod, ref, { follow: true, signal }));
  } catch (error) {
    // It never had a container, or is gone: the release says what became of it.
    if (!isNotFound(error) && !isStatus(error, "BadRequest")) throw error;
  }
}

async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/** The last lines of the log of what failed, unless the message says them or they were shown. */
export function lastWordsOf({ status }: Release, shownPhase: boolean): readonly string[] {
  const { logSnippet = "", message = "", releasePhase } = status ?? {};
  if (logSnippet === "" || (shownPhase && releasePhase?.state === "Failed")) return [];
  const last = logSnippet.split("\n").at(-1) ?? "";
  return last !== "" && message.includes(last) ? [] : logSnippet.split("\n");
}
