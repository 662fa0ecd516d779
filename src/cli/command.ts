/**
 * The shape of a command. One file a command under `commands/`; `catalogue.ts` lists them. Options are data: the
 * parser, `--help`, the shell completion and docs/reference are made from them.
 */

import type { ChannelRequest, Channels } from "../client/channels.ts";
import type { Client } from "../client/client.ts";
import type { OwnPlugins } from "../scheduler/simulate/profile-of.ts";

export interface Option {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string | undefined;
  readonly type: "string" | "boolean" | "number";
  readonly description: string;
  /** Name of the value in help, for instance NAME. */
  readonly value?: string | undefined;
  readonly default?: string | number | boolean | undefined;
  /** Environment variable that sets it when the flag is absent; `NAGI_<NAME>` when not given. */
  readonly env?: string | undefined;
  readonly multiple?: boolean | undefined;
  readonly choices?: readonly string[] | undefined;
}

export type CommandGroup = "Apps" | "Processes" | "Deploying" | "Objects" | "Platform" | "Other";

export interface CommandSpec {
  readonly name: string;
  readonly group: CommandGroup;
  readonly summary: string;
  /** What stands behind the name in the usage line, for instance `[NAME]`. */
  readonly usage?: string | undefined;
  /** Longer explanation, plain sentences. */
  readonly description?: string | undefined;
  readonly options?: readonly Option[] | undefined;
  readonly examples?: readonly string[] | undefined;
  readonly aliases?: readonly string[] | undefined;
  /** Words that may stand first among the arguments; `nagi name:word` means `nagi name word`. */
  readonly subcommands?: readonly string[] | undefined;
  /** The first positional ends the options: the rest belongs to another program. */
  readonly passThrough?: boolean | undefined;
}

export interface Command extends CommandSpec {
  /** Resolves with the exit code; nothing means 0. */
  run(context: CommandContext): Promise<number | void>;
}

/** A failure that the user can act on: printed as it is, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What to do next, on a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export interface Terminal {
  readonly isTty: boolean;
  /** Standard input and output both are terminals. */
  readonly isInteractive: boolean;
  readonly colour: boolean;
  readonly columns: number;
  /** To standard output, as it is. */
  write(text: string | Uint8Array): void;
  /** A line to standard output. */
  print(line?: string): void;
  /** A line to standard error. */
  note(line: string): void;
  /** A line that says what is going on, replaced by the next on a terminal; `progressDone` ends it. */
  progress(text: string): void;
  progressDone(text?: string): void;
  /** To standard error, as it is. */
  writeError(data: Uint8Array): void;
  /** Standard input as it comes. */
  input(): AsyncIterable<Uint8Array>;
  /** Gives keys on as they are typed, without echo, until the returned function is called. */
  raw(): () => void;
  size(): { readonly columns: number; readonly rows: number };
  /** Tells of every new size until the returned function is called. */
  onResize(listener: () => void): () => void;
  /** Reads all of standard input. */
  readInput(): Promise<string>;
  readInputBytes(): Promise<Uint8Array>;
}

/** What the machine around the commands offers; made in `main/`. */
export interface Host {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly version: string;
  /** Path of the `nagi` program, for others that call it. */
  readonly program: string;
  /** The data directory that a flag value, NAGI_HOME or the default stands for. */
  readonly dataDir: (given: string | undefined) => string;
  /** Plugins of others for the scheduler: folders, files or npm packages. */
  schedulerPlugins(modules: readonly string[]): Promise<OwnPlugins>;
  /** Runs a program and gives its output; undefined when it is missing or fails. */
  capture(program: string, argv: readonly string[]): Promise<string | undefined>;
}

export interface CommandContext {
  readonly args: readonly string[];
  readonly terminal: Terminal;
  readonly host: Host;
  readonly signal: AbortSignal;
  flag(name: string): boolean;
  /** Whether the command line has the option: the environment may set it too. */
  isGiven(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  number(name: string): number | undefined;
  client(): Promise<Client>;
  /** Opens a session with a pod. */
  channels(request: ChannelRequest): Promise<Channels>;
  /** All commands, for completion. */
  commands(): Promise<readonly CommandSpec[]>;
  /** Namespace of the flag, else of the git remote that named the app, else of the kubeconfig context, else default. */
  namespace(): Promise<string>;
  /** The git remote names the app, in this namespace. */
  useNamespace(namespace: string): void;
  /** A line with commands of `nagi` for the user to give: they mean the namespace that is meant here. */
  hint(line: string): string;
}

/** For a command that takes options only: what is given beside them would be overlooked. */
export function refuseArguments({ args }: CommandContext, command: string, hint?: string): void {
  const [first] = args;
  if (first === undefined) return;
  throw new UsageError(
    `nagi ${command} takes no argument ${JSON.stringify(first)}`,
    hint ?? `See: nagi ${command} --help`,
  );
}
