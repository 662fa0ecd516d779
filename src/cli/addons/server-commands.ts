/** What a service's recipe can do with an add-on's server, run in its container: dump, restore, shell and the like. */

import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { addonPodName, serverContainer } from "../../model/kinds/nagi/addon/addon-vars.ts";
import {
  restoreOf,
  type AddonService,
  type AddonServiceSpec,
} from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { runOnTerminal, runSession } from "../session.ts";
import { bytesText } from "./bytes-text.ts";

type CommandName = keyof NonNullable<AddonServiceSpec["commands"]>;

export interface ServerTarget {
  readonly addon: Addon;
  readonly service: AddonService;
}

function commandOf({ service }: ServerTarget, name: CommandName): string {
  const run = service.spec.commands?.[name];
  if (run !== undefined) return run;
  const can = Object.keys(service.spec.commands ?? {}).join(", ");
  throw new UsageError(
    `service ${service.metadata.name} has no ${name}`,
    `What it has: ${can === "" ? "nothing" : can}`,
  );
}

function refOfServer({ addon }: ServerTarget): { namespace: string | undefined; name: string } {
  const { phase, message } = addon.status ?? {};
  if (phase !== "Ready")
    throw new UsageError(
      `add-on ${addon.metadata.name} does not serve now: ${phase ?? "Pending"}${message === undefined ? "" : `, ${message}`}`,
      `How it is: nagi addons info ${addon.metadata.name}`,
    );
  return { namespace: addon.metadata.namespace, name: addonPodName(addon.metadata.name ?? "") };
}

function shellOf(run: string, words: readonly string[] = []): string[] {
  return ["/bin/sh", "-c", run, "sh", ...words];
}

/** On a terminal it gets one; else it reads what is piped in. */
export async function openShell(
  context: CommandContext,
  target: ServerTarget,
  words: readonly string[],
): Promise<number> {
  return await runShell(context, target, { run: commandOf(target, "shell"), words, input: true });
}

interface ShellRun {
  readonly run: string;
  readonly words: readonly string[];
  readonly input: boolean;
}

async function runShell(
  context: CommandContext,
  target: ServerTarget,
  { run, words, input }: ShellRun,
): Promise<number> {
  const { terminal } = context;
  const request = { subresource: "exec", container: serverContainer, command: shellOf(run, words) } as const;
  const ref = refOfServer(target);
  if (terminal.isInteractive) return await runOnTerminal(context, ref, request);
  return await runSession(context, ref, {
    ...request,
    ...(input ? { input: terminal.input() } : {}),
    output: (data) => terminal.write(data),
    errors: (data) => terminal.writeError(data),
  });
}

/** An action of the recipe, such as kill. */
export async function runAction(
  context: CommandContext,
  target: ServerTarget,
  [name, ...words]: readonly string[],
): Promise<number> {
  const { actions = {} } = target.service.spec;
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return await runShell(context, target, { run: action.run, words, input: false });
  const known = Object.entries(actions).map(([each, { description }]) => `  ${each}: ${description}`);
  throw new UsageError(
    name === undefined
      ? "nagi addons run needs an action"
      : `service ${target.service.metadata.name} has no action ${JSON.stringify(name)}`,
    known.length === 0 ? "It has none" : `Its actions:\n${known.join("\n")}`,
  );
}

/** What the recipe's `info` says, as rows; nothing while the server does not serve. */
export async function serverInfo(context: CommandContext, target: ServerTarget): Promise<string[][]> {
  const run = target.service.spec.commands?.info;
  if (run === undefined || target.addon.status?.phase !== "Ready") return [];
  let output = "";
  const keep = (data: Uint8Array): void => void (output += Buffer.from(data).toString("utf8"));
  const request = { subresource: "exec", container: serverContainer, command: shellOf(run) } as const;
  const code = await runSession(context, refOfServer(target), { ...request, output: keep, errors: keep });
  if (code !== 0) return [["Server:", output.trim()]];
  return output
    .trim()
    .split("\n")
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon + 1), line.slice(colon + 1).trim()];
    });
}

/** To a file, which is there only when all of it is, or to standard output with `-`. */
export async function dump(
  context: CommandContext,
  target: ServerTarget,
  given: string | undefined,
): Promise<number> {
  const run = commandOf(target, "dump");
  const ref = refOfServer(target);
  const { terminal } = context;
  const request = { subresource: "exec", container: serverContainer, command: shellOf(run) } as const;
  const errors = (data: Uint8Array): void => terminal.writeError(data);
  const isPiped = given === "-" || (given === undefined && !terminal.isTty);
  if (isPiped)
    return await runSession(context, ref, { ...request, output: (data) => terminal.write(data), errors });
  const name = given ?? defaultFile(target);
  const path = resolve(context.host.cwd, name);
  const part = `${path}.part`;
  const file = await open(part, "w", 0o600);
  let bytes = 0;
  try {
    const output = async (data: Uint8Array): Promise<void> => {
      await file.writeFile(data);
      bytes += data.length;
      if (terminal.isTty) terminal.progress(`Dumping ${target.addon.metadata.name}: ${bytesText(bytes)}`);
    };
    const code = await runSession(context, ref, { ...request, output, errors });
    terminal.progressDone();
    if (code !== 0) throw new Error(`cannot dump ${target.addon.metadata.name}: exit status ${code}`);
    await file.sync();
    await rename(part, path);
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
  terminal.print(`Dumped ${target.addon.metadata.name} to ${name}: ${bytesText(bytes)}`);
  return 0;
}

function defaultFile({ addon, service }: ServerTarget): string {
  const when = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${addon.metadata.name}-${when}.${service.spec.extension ?? "dump"}`;
}

/** From a file, or from standard input with `-`. */
export async function restore(
  context: CommandContext,
  target: ServerTarget,
  given: string | undefined,
): Promise<number> {
  const run = commandOf(target, "restore");
  const name = target.addon.metadata.name ?? "";
  if (given === undefined)
    throw new UsageError(
      "a restore needs the file of a dump",
      `For instance: nagi addons restore ${name} FILE, or - for standard input`,
    );
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this replaces all data of ${name} by ${given === "-" ? "standard input" : given}`,
      `If that is meant, add: --confirm ${name}`,
    );
  const { terminal } = context;
  const path = resolve(context.host.cwd, given);
  const size = given === "-" ? undefined : await sizeOf(path, given);
  const input = size === undefined ? terminal.input() : (createReadStream(path) as AsyncIterable<Uint8Array>);
  const code = await runSession(context, refOfServer(target), {
    subresource: "exec",
    container: serverContainer,
    command: shellOf(size === undefined ? run : restoreOf(run, size)),
    input: counted(input, (bytes) => {
      if (terminal.isTty) terminal.progress(`Restoring ${name}: ${bytesText(bytes)}`);
    }),
    output: (data) => terminal.write(data),
    errors: (data) => terminal.writeError(data),
  });
  terminal.progressDone();
  if (code !== 0) throw new Error(`cannot restore ${name}: exit status ${code}; its data is as it was`);
  terminal.print(`Restored ${name} from ${given === "-" ? "standard input" : given}`);
  return 0;
}

async function sizeOf(path: string, given: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`there is no file ${given}`);
  if (!found.isFile() || found.size === 0) throw new UsageError(`${given} is no file with a dump`);
  return found.size;
}

async function* counted(
  input: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    tell(bytes);
    yield chunk;
  }
}
