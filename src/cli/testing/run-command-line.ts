/** Runs the whole command line on objects in memory. */

import { FakeClient } from "../../client/testing/fake-client.ts";
import type { KubeObject } from "../../model/meta.ts";
import { runCli } from "../run-cli.ts";
import { commandBench, type BenchOptions } from "./command-bench.ts";

export interface Given extends BenchOptions {
  readonly objects?: readonly KubeObject[];
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly client: FakeClient;
}

export async function runCommandLine(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const client = new FakeClient({ objects: given.objects });
  const { options, written } = commandBench(client, given);
  const code = await runCli({ ...options, argv });
  return { code, stdout: written.out, stderr: written.err, client };
}
