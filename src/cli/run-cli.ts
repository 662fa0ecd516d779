/** From arguments to a command and its exit code: 0 done, 1 failed, 2 wrongly called, 130 interrupted. */

import { messageOf } from "../lib/errors.ts";
import { StatusError } from "../model/status.ts";
import { catalogue, type CatalogueEntry } from "./catalogue.ts";
import { UsageError, type Command, type CommandContext, type Host, type Terminal } from "./command.ts";
import { connect, type Connection } from "./connect.ts";
import { commandText, globalOptions, overviewText } from "./help.ts";
import { inNamespace } from "./hints.ts";
import { closest, parseArguments, type Parsed } from "./parse.ts";
import { paint } from "./terminal.ts";

export interface CliOptions {
  readonly argv: readonly string[];
  readonly host: Host;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Commands of the composition root: up, down, status. */
  readonly extra: readonly CatalogueEntry[];
  /** Another way to the API than the kubeconfig's. */
  readonly connect?: typeof connect | undefined;
}

export async function runCli(options: CliOptions): Promise<number> {
  const entries = [...options.extra, ...catalogue];
  try {
    return await dispatch(entries, options);
  } catch (error) {
    if (options.signal.aborted) return 130;
    return explain(error, options.terminal);
  }
}

async function dispatch(entries: readonly CatalogueEntry[], options: CliOptions): Promise<number> {
  const [word, ...rest] = options.argv;
  if (word === undefined || word === "--help" || word === "-h" || (word === "help" && rest.length === 0)) {
    options.terminal.print(overviewText(await loadAll(entries)));
    return 0;
  }
  if (word === "help") return await dispatch(entries, { ...options, argv: [...rest, "--help"] });
  if (word === "--version") return await dispatch(entries, { ...options, argv: ["version", ...rest] });
  const { entry, argv } = find(entries, word, rest);
  const { command } = await entry.load();
  const all = [...(command.options ?? []), ...globalOptions];
  const parsed = parseArguments({ spec: command, options: all, argv, env: options.host.env });
  if (parsed.values.get("help") === true) {
    options.terminal.print(commandText({ ...command, aliases: entry.aliases ?? command.aliases }));
    return 0;
  }
  const context = createContext(parsed, options);
  try {
    return (await command.run(context)) ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError) || error.hint === undefined) throw error;
    throw new UsageError(error.message, context.hint(error.hint));
  }
}

export async function loadAll(entries: readonly CatalogueEntry[]): Promise<Command[]> {
  const modules = await Promise.all(entries.map(({ load }) => load()));
  return modules.map(({ command }) => command);
}

/** `config:set A=1` is `config set A=1`; a full alias such as `ps:scale` names another command. */
function find(entries: readonly CatalogueEntry[], word: string, rest: readonly string[]) {
  const named = (name: string): CatalogueEntry | undefined =>
    entries.find((entry) => entry.name === name || entry.aliases?.includes(name));
  const direct = named(word);
  if (direct !== undefined) return { entry: direct, argv: rest };
  const colon = word.indexOf(":");
  const family = colon < 0 ? undefined : named(word.slice(0, colon));
  if (family !== undefined) return { entry: family, argv: [word.slice(colon + 1), ...rest] };
  const near = closest(
    word,
    entries.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
  );
  const meant = near === undefined ? "" : `; did you mean nagi ${near}?`;
  throw new UsageError(`nagi has no command ${JSON.stringify(word)}${meant}`, "See: nagi help");
}

export function createContext(parsed: Parsed, options: CliOptions): CommandContext {
  const { host, terminal, signal, extra } = options;
  let connection: Promise<Connection> | undefined;
  /** Of a command that names none. */
  let usualNamespace = "default";
  let ofRemote: string | undefined;
  const text = (name: string): string | undefined => {
    const value = parsed.values.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const connected = async (): Promise<Connection> => {
    connection ??= (options.connect ?? connect)({
      host,
      kubeconfig: text("kubeconfig"),
      context: text("context"),
      dataDir: text("data-dir"),
    });
    ({ namespace: usualNamespace } = await connection);
    return await connection;
  };
  const namedNamespace = (): string | undefined => text("namespace") ?? ofRemote;
  return {
    args: parsed.args,
    terminal,
    host,
    signal,
    flag: (name) => parsed.values.get(name) === true,
    isGiven: (name) => parsed.given.has(name),
    text,
    texts(name) {
      const value = parsed.values.get(name);
      return Array.isArray(value) ? value : [];
    },
    number(name) {
      const value = parsed.values.get(name);
      return typeof value === "number" ? value : undefined;
    },
    commands: () => loadAll([...extra, ...catalogue]),
    client: async () => (await connected()).client,
    channels: async (request) => await (await connected()).channels(request),
    namespace: async () => namedNamespace() ?? (await connected()).namespace,
    useNamespace: (namespace) => void (ofRemote = namespace),
    hint(line) {
      const namespace = namedNamespace() ?? usualNamespace;
      return namespace === usualNamespace ? line : inNamespace(line, namespace);
    },
  };
}

function explain(error: unknown, terminal: Terminal): number {
  terminal.progressDone();
  const label = paint(terminal, "red", "error:");
  if (error instanceof UsageError) {
    terminal.note(`${label} ${error.message}`);
    if (error.hint !== undefined) terminal.note(error.hint);
    return 2;
  }
  if (error instanceof StatusError) {
    terminal.note(`${label} ${error.message}`);
    if (error.reason === "Unauthorized") terminal.note("Log in again: nagi login SERVER --token TOKEN");
    return 1;
  }
  terminal.note(`${label} ${messageOf(error)}`);
  const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : "";
  // Many an error says in its own words what its cause says.
  if (!messageOf(error).includes(cause)) terminal.note(`  because: ${cause}`);
  return 1;
}
