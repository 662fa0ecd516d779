/** The lines of one container of a pod, through all its restarts, until the pod has gone. */

import type { Client, LogOptions } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { LogLine } from "../../model/log-line.ts";
import { refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import type { AppLog } from "./app-log.ts";
import { Resumed } from "./cursors.ts";

/** A longer line is cut into several. */
const lineMaxCharacters = 16 * 1024;
/** A line without an end is taken for one at this length. */
const openLineMax = 1024 * 1024;
const retryMs = 2000;

export interface FollowOptions {
  readonly client: Client;
  readonly appLog: AppLog;
  /** As it is now; undefined when it has gone. */
  readonly podNow: () => Pod | undefined;
  readonly container: string;
  readonly source: string;
  /** Resolves at the next change of the pod, or with the signal. */
  readonly changed: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function followContainer(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { podNow, container, changed, clock, log } = options;
  /** The run whose log was read to its end. */
  let done = "";
  while (!signal.aborted) {
    const change = changed(signal);
    const now = podNow();
    if (now === undefined) return;
    const { run, restarts } = runOf(now, container);
    if (run === "" || run === done) {
      await change;
      continue;
    }
    try {
      if (restarts > 0) await read(options, now, { previous: true, signal });
      await read(options, now, { follow: true, signal });
      done = run;
    } catch (error) {
      if (signal.aborted) return;
      if (!isStatus(error, "BadRequest", "NotFound"))
        log.debug("cannot follow a container's lines, trying again", { error: messageOf(error) });
      await sleep(clock, retryMs, signal);
    }
  }
}

/** The run that has a log now; an empty text for none. */
function runOf({ status }: Pod, container: string): { readonly run: string; readonly restarts: number } {
  const found = status?.containerStatuses?.find(({ name }) => name === container);
  const hasLog = found?.state?.running !== undefined || found?.state?.terminated !== undefined;
  return { run: hasLog ? (found.containerID ?? "") : "", restarts: found?.restartCount ?? 0 };
}

async function read(
  { client, appLog, container, source, log }: FollowOptions,
  pod: Pod,
  options: Pick<LogOptions, "previous" | "follow" | "signal">,
): Promise<void> {
  const cursor = await appLog.cursorOf(source);
  const resumed = new Resumed(cursor);
  const asked = { ...options, container, timestamps: true, sinceTime: cursor?.time };
  try {
    for await (const batch of lineBatches(client.log(podKind, refOf(pod), asked))) {
      const fresh = batch.flatMap((line) => linesFrom(line, source, resumed));
      await appLog.add(fresh);
    }
  } catch (error) {
    // The engine keeps no run but the last ones.
    if (options.previous !== true) throw error;
    log.debug("cannot read the lines of a container before this one", { error: messageOf(error) });
  }
}

/** Whole lines, as many as come together. */
async function* lineBatches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > openLineMax) {
      lines.push(rest);
      rest = "";
    }
    if (lines.length > 0) yield lines;
  }
  if (rest !== "") yield [rest];
}

/** What is new of one line of a container's log; a long one in several. */
export function linesFrom(line: string, source: string, resumed: Resumed): LogLine[] {
  const space = line.indexOf(" ");
  if (space < 0) return [];
  const time = line.slice(0, space);
  const text = line
    .slice(space + 1)
    .replace(/\r$/, "")
    .replaceAll("\r", " ");
  const parts = Math.max(1, Math.ceil(text.length / lineMaxCharacters));
  const cut = Array.from({ length: parts }, (_, index) => {
    const from = index * lineMaxCharacters;
    return { time, source, text: text.slice(from, from + lineMaxCharacters) };
  });
  return cut.filter(() => resumed.isNew(time));
}
