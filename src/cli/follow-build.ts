/** Shows a build's log as it is written and waits for its end. Whoever interrupts cancels the build. */

import { isEnded } from "../model/kinds/build/build-phases.ts";
import { findObject } from "../client/find-object.ts";
import type { Client } from "../client/client.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import { refOf } from "../model/meta.ts";
import type { CommandContext, Terminal } from "./command.ts";
import { paint } from "./terminal.ts";
import { pause, pollMs } from "./wait.ts";

/** Whether the build is complete. */
export async function followBuild(context: CommandContext, made: Build): Promise<boolean> {
  const { terminal, signal } = context;
  return await toItsEnd(context, made, async (client) => {
    await printBuildLog(terminal, client.log(buildKind, refOf(made), { follow: true, signal }));
  });
}

/** The same without the log. */
export async function waitForBuild(context: CommandContext, made: Build): Promise<boolean> {
  return await toItsEnd(context, made, () => Promise.resolve());
}

async function toItsEnd(
  context: CommandContext,
  made: Build,
  show: (client: Client) => Promise<void>,
): Promise<boolean> {
  const { terminal, signal } = context;
  const client = await context.client();
  const ref = refOf(made);
  try {
    await show(client);
    const found = await waitForEnd(client, made, signal);
    const { phase = "", message, reason } = found?.status ?? {};
    if (phase === "Complete") return true;
    const end = phase === "" ? "is gone" : phase.toLowerCase();
    const why =
      phase === ""
        ? "somebody deleted it, or its history limit is 0"
        : (message ?? reason ?? "no reason given");
    terminal.note(`Build ${ref.name} ${end}: ${why}`);
    return false;
  } catch (error) {
    if (!signal.aborted) throw error;
    await cancelBuild(client, made);
    terminal.note(`Cancelled build ${ref.name}. What runs is left as it is.`);
    throw error;
  }
}

/** The build once it has ended; undefined when it is gone. */
export async function waitForEnd(
  client: Client,
  made: Build,
  signal: AbortSignal,
): Promise<Build | undefined> {
  for (;;) {
    signal.throwIfAborted();
    const found = await findObject(client, buildKind, refOf(made));
    if (found === undefined || isEnded(found)) return found;
    await pause(pollMs, signal);
  }
}

export async function cancelBuild(client: Client, found: Build): Promise<void> {
  const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
  await client.patch(buildKind, refOf(found), patch, { subresource: "status" });
}

/** The lines of a log as they come; coloured where the terminal has colours. */
export async function printBuildLog(terminal: Terminal, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) terminal.print(paintBuildLine(terminal, line));
  }
  if (rest !== "") terminal.print(paintBuildLine(terminal, rest));
}

export function paintBuildLine(terminal: Terminal, line: string): string {
  if (line.startsWith("-----> "))
    return `${paint(terminal, "cyan", "----->")} ${paint(terminal, "bold", line.slice(7))}`;
  if (line.startsWith(" !")) return paint(terminal, "red", line);
  const dim = /^(.*?)( *\((?:cached|[\d.]+ s)\))$/.exec(line);
  return dim === null ? line : `${dim[1] ?? ""}${paint(terminal, "dim", dim[2] ?? "")}`;
}
