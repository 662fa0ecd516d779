/** Runs a command on a client of the test's, as the command line would. */

import { Readable } from "node:stream";
import type { Client } from "../../client/client.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { Command } from "../command.ts";
import { globalOptions } from "../help.ts";
import { parseArguments } from "../parse.ts";
import { createTerminal } from "../terminal.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with what the command throws. */
export async function runCommand(
  command: Command,
  client: Client,
  argv: readonly string[],
  { signal = new AbortController().signal }: RunOptions = {},
): Promise<Ran> {
  const options = [...(command.options ?? []), ...globalOptions];
  const { values, given, args } = parseArguments({ spec: command, options, argv, env: {} });
  let [out, err] = ["", ""];
  const terminal = createTerminal({
    out: { write: (text: string | Uint8Array) => ((out += text.toString()), true) },
    err: { write: (text: string | Uint8Array) => ((err += text.toString()), true) },
    input: Readable.from([]),
    env: {},
  });
  const code = await command.run({
    args,
    terminal,
    host: {
      cwd: "/",
      env: {},
      home: "/",
      version: "0",
      program: "nagi",
      dataDir: (given) => given ?? "/nowhere",
      schedulerPlugins: async () => [],
      capture: async () => undefined,
    },
    signal,
    flag: (name) => values.get(name) === true,
    text(name) {
      const value = values.get(name);
      return typeof value === "string" ? value : undefined;
    },
    texts(name) {
      const value = values.get(name);
      return Array.isArray(value) ? value : [];
    },
    number(name) {
      const value = values.get(name);
      return typeof value === "number" ? value : undefined;
    },
    client: async () => client,
    channels: () => Promise.reject(new Error("no sessions here")),
    commands: async () => [],
    isGiven: (name) => given.has(name),
    namespace: async () => "default",
    useNamespace: () => undefined,
    hint: (line) => line,
  });
  return { code: code ?? 0, out, err };
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
