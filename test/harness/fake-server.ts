/** Stands for the sessions with add-ons' servers: commands are answered by a function. */

import type { OpenChannels } from "../../src/client/run-in-pod.ts";

export interface Ran {
  readonly code: number;
  readonly output?: string;
}

/** `run` gets the shell command of the service. */
export function fakeServer(run: (command: string) => Ran | Promise<Ran>): OpenChannels {
  return async ({ path }) => {
    const command = new URL(path, "http://pod").searchParams.getAll("command").at(-2) ?? "";
    const { code, output = "" } = await run(command);
    const causes = [{ reason: "ExitCode", message: String(code) }];
    const status = code === 0 ? { status: "Success" } : { status: "Failure", details: { causes } };
    return {
      send: () => Promise.resolve(),
      messages: inOrder([
        { channel: 1, data: Buffer.from(output) },
        { channel: 3, data: Buffer.from(JSON.stringify(status)) },
      ]),
      close: () => undefined,
    };
  };
}

async function* inOrder<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
