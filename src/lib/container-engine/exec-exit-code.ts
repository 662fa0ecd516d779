/** The exit code of a command in a container. */

import { setTimeout as pause } from "node:timers/promises";
import type { EngineTransport } from "./engine-transport.ts";

/** Podman tells of the end of the output a moment before it knows of the command's end, and until then of code 0. */
const firstPauseMs = 5;
const pauseMaxMs = 200;
/** A command may close its output and go on; longer than this it is not waited for. */
const waitMaxMs = 30_000;

interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
}

/** To be asked once the output has ended. Throws when the command goes on nevertheless. */
export async function execExitCode(
  transport: Pick<EngineTransport, "json">,
  id: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  let waitedMs = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMaxMs, pauseMs * 2)) {
    const state = await transport.json<ExecState>({ method: "GET", path: `/exec/${id}/json` });
    if (!state.Running) return state.ExitCode ?? undefined;
    if (waitedMs >= waitMaxMs) throw new Error("the command has closed its output, but goes on");
    await pause(pauseMs, undefined, { signal });
    waitedMs += pauseMs;
  }
}
