/** Runs a command of the program on objects in memory. */

import { FakeClient } from "../../client/testing/fake-client.ts";
import type { KubeObject } from "../../model/meta.ts";
import { runCli } from "../run-cli.ts";
import { createTerminal } from "../terminal.ts";

export interface Given {
  readonly objects?: readonly KubeObject[];
  readonly env?: Readonly<Record<string, string>>;
  /** Address of the git remote `nagi`. */
  readonly remote?: string;
  /** Namespace of the kubeconfig context. */
  readonly namespace?: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly client: FakeClient;
}

export async function runCommand(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const client = new FakeClient({ objects: given.objects });
  const { out, err } = { out: [] as string[], err: [] as string[] };
  const stream = (into: string[]) => ({
    columns: 100,
    write: (chunk: string | Uint8Array) => into.push(chunk.toString()) > 0,
  });
  const code = await runCli({
    argv,
    host: {
      cwd: "/",
      env: given.env ?? {},
      home: "/",
      version: "0",
      program: "nagi",
      dataDir: () => "/",
      schedulerPlugins: () => Promise.resolve([]),
      capture: () => Promise.resolve(given.remote),
    },
    terminal: createTerminal({
      out: stream(out),
      err: stream(err),
      input: (async function* () {})(),
      env: {},
    }),
    signal: new AbortController().signal,
    extra: [],
    connect: () =>
      Promise.resolve({
        client,
        channels: () => Promise.reject(new Error("no sessions here")),
        namespace: given.namespace ?? "default",
        file: "/kubeconfig",
      }),
  });
  return { code, stdout: out.join(""), stderr: err.join(""), client };
}
