/** Waits until what the spec of a stream says of a tag has been carried out. */

import type { Client } from "../../client/client.ts";
import { findCondition } from "../../model/conditions.ts";
import type { ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { historyOf } from "../../model/kinds/image/tag-items.ts";
import type { CommandContext } from "../command.ts";
import { findStream, shortDigest, type PlacedTag } from "./image-streams.ts";
import { pause, pollMs } from "../wait.ts";

const waitMaxMs = 10 * 60_000;

/** `written` is the stream as the wish was written. Throws what stands in the way. */
export async function waitForTag(
  context: CommandContext,
  client: Client,
  place: PlacedTag & { readonly written: ImageStream },
): Promise<void> {
  const { terminal, signal } = context;
  const { stream: streamName, tag, written } = place;
  const name = `${streamName}:${tag}`;
  const before = findCondition(historyOf(written, tag)?.conditions, "ImportSuccess");
  const source = sourceOf(written, tag);
  const startMs = Date.now();
  for (;;) {
    const history = historyOf(await findStream(client, place), tag);
    const [item] = history?.items ?? [];
    if (item !== undefined && history?.appliedSource === source) {
      const where = item.image === "" ? item.dockerImageReference : shortDigest(item.image);
      terminal.progressDone(`${name} points at ${where}`);
      return;
    }
    const problem = findCondition(history?.conditions, "ImportSuccess");
    if (problem?.status === "False" && problem.message !== before?.message) {
      terminal.progressDone();
      throw new Error(
        `cannot move ${name}: ${problem.message ?? "no reason is known"}. It is tried again each minute; nagi tag -d ${name} ends that`,
      );
    }
    if (Date.now() - startMs > waitMaxMs) {
      terminal.progressDone(`${name} is still being imported. See: nagi images`);
      return;
    }
    terminal.progress(`Moving ${name}`);
    await pause(pollMs, signal);
  }
}

/** As the controller notes what it has carried out. */
function sourceOf(stream: ImageStream, tag: string): string {
  const wish = stream.spec?.tags?.find(({ name }) => name === tag);
  return JSON.stringify([wish?.from, wish?.generation ?? 1, wish?.reference ?? false]);
}
