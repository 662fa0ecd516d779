/** The platform's end of the conversation with the hooks of one push (hook-script.ts). */

import type { Duplex } from "node:stream";
import { createInterface } from "node:readline";

const zero = /^0+$/;
/** Refs in one push; more is a mistake, or an attack. */
const maxUpdates = 1000;
const maxOptions = 20;
const maxLineLength = 2000;

export interface RefUpdate {
  /** Undefined: the ref is new. */
  readonly old?: string | undefined;
  /** Undefined: the ref is deleted. */
  readonly new?: string | undefined;
  readonly ref: string;
}

export interface HookCall {
  readonly hook: "pre-receive" | "post-receive";
  readonly updates: readonly RefUpdate[];
  /** What `git push -o OPTION` gave. */
  readonly options: readonly string[];
  /** Where the pushed objects are until they are accepted. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Says one line to who pushes. */
export type Tell = (line: string) => void;

/** Answers a hook; false rejects the push, of which post-receive takes no notice. */
export type HookAnswer = (call: HookCall, tell: Tell) => Promise<boolean>;

/** Serves the hooks of one push until the stream ends. */
export async function serveHooks(stream: Duplex, answer: HookAnswer): Promise<void> {
  const tell: Tell = (line) => {
    for (const part of line.split("\n")) stream.write(`:${part.slice(0, maxLineLength)}\n`);
  };
  let lines: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    if (line !== "end") {
      if (lines.length > maxUpdates + maxOptions + 3)
        throw new Error(`cannot take a push of more than ${maxUpdates} refs and ${maxOptions} options`);
      lines.push(line);
      continue;
    }
    const call = parseCall(lines);
    lines = [];
    const accepted = call !== undefined && (await answer(call, tell));
    stream.write(accepted ? "yes\n" : "no\n");
  }
}

export function parseCall(lines: readonly string[]): HookCall | undefined {
  const [hook, ...rest] = lines;
  if (hook !== "pre-receive" && hook !== "post-receive") return undefined;
  const environment: Record<string, string> = {};
  const updates: RefUpdate[] = [];
  const options: string[] = [];
  for (const line of rest) {
    const [, word, value = ""] = /^(\w+) ?(.*)$/.exec(line) ?? [];
    if (word === "objects" && value !== "") environment["GIT_OBJECT_DIRECTORY"] = value;
    if (word === "alternates" && value !== "") environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = value;
    if (word === "option") options.push(value);
    const [, from = "", to = "", ref = ""] =
      (word === "update" ? /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/.+)$/.exec(value) : null) ?? [];
    if (ref !== "") updates.push({ old: shaOf(from), new: shaOf(to), ref });
  }
  return { hook, updates, options, environment };
}

function shaOf(text: string): string | undefined {
  return zero.test(text) ? undefined : text;
}
