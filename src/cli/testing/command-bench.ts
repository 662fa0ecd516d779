/** Runs commands on a client of the test's, as the command line would. */

import type { Client } from "../../client/client.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { Command } from "../command.ts";
import { globalOptions } from "../help.ts";
import { parseArguments } from "../parse.ts";
import { createContext, type CliOptions } from "../run-cli.ts";
import { createTerminal } from "../terminal.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface BenchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Address of the git remote `nagi`. */
  readonly remote?: string | undefined;
  /** Namespace of the kubeconfig context. */
  readonly namespace?: string | undefined;
}

/** What a command line gets from around it, and what has been written so far. */
export function commandBench(
  client: Client,
  { signal = new AbortController().signal, env = {}, remote, namespace = "default" }: BenchOptions = {},
): { readonly options: Omit<CliOptions, "argv">; readonly written: { out: string; err: string } } {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    columns: 100,
    write: (text: string | Uint8Array) => ((written[name] += text.toString()), true),
  });
  const host = {
    cwd: "/",
    env,
    home: "/",
    version: "0",
    program: "nagi",
    dataDir: (given: string | undefined) => given ?? "/nowhere",
    schedulerPlugins: async () => [],
    capture: async () => remote,
  };
  const input = (async function* () {})();
  const terminal = createTerminal({ out: stream("out"), err: stream("err"), input, env: {} });
  const channels = () => Promise.reject(new Error("no sessions here"));
  const connect = async () => ({ client, channels, namespace, file: "/kubeconfig" });
  return { options: { host, terminal, signal, extra: [], connect }, written };
}

/** Rejects with what the command throws. */
export async function runCommand(
  command: Command,
  client: Client,
  argv: readonly string[],
  given?: BenchOptions,
): Promise<Ran> {
  const { options, written } = commandBench(client, given);
  const known = [...(command.options ?? []), ...globalOptions];
  const parsed = parseArguments({ spec: command, options: known, argv, env: options.host.env });
  const code = await command.run(createContext(parsed, { ...options, argv }));
  return { code: code ?? 0, ...written };
}

/** Knows what a user means by pods. */
export class PodsClient extends FakeClient {
  override async raw(path: string): Promise<JsonValue> {
    const verbs = ["get", "list", "watch", "delete"];
    const pods = { name: "pods", singularName: "pod", kind: "Pod", namespaced: true, verbs };
    const answers: Readonly<Record<string, JsonValue>> = {
      "/api": { versions: ["v1"] },
      "/apis": { groups: [] },
      "/api/v1": { resources: [pods] },
    };
    return answers[path] ?? (await super.raw(path));
  }
}
