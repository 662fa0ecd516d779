import type { Command, CommandContext } from "../../cli/command.ts";
import { sleep, systemClock } from "../../lib/clock.ts";
import { settleConfig } from "../config.ts";
import { stopEverything } from "../stop-everything.ts";
import {
  runningPlatform,
  runningPlatformHalf,
  startingPlatform,
  startTicksOf,
  type ProcessState,
} from "../state.ts";
import { existsSync } from "node:fs";

const graceMs = 30_000;
const pollMs = 50;

export const command: Command = {
  name: "down",
  group: "Platform",
  summary: "Stop the platform and all apps on this machine; what they keep stays.",
  description:
    "nagi up brings everything back as it was. With --keep-apps only Nagi itself stops: apps go on and answer, as\n" +
    "they do when Nagi is killed.",
  options: [{ name: "keep-apps", type: "boolean", description: "Leave the apps and the router running." }],
  async run(context) {
    const dataDir = context.host.dataDir(context.text("data-dir"));
    const running = runningPlatform(dataDir);
    if (running === undefined && !existsSync(dataDir)) {
      context.terminal.print(`No platform keeps its data in ${dataDir}.`);
      return;
    }
    // First what brings programs back that end.
    const found = [startingPlatform(dataDir), runningPlatformHalf(dataDir), running];
    for (const each of found) if (each !== undefined) await stopProcess(context, each);
    if (!context.flag("keep-apps")) {
      context.terminal.progress("Stopping apps");
      await stopEverything(await settleConfig(dataDir, {}));
    }
    context.terminal.progressDone();
    context.terminal.print(
      found.every((each) => each === undefined)
        ? "Nagi did not run; nothing of it is left running."
        : "Nagi is stopped.",
    );
  },
};

async function stopProcess(context: CommandContext, { pid, startTicks }: ProcessState): Promise<void> {
  context.terminal.progress(`Stopping Nagi (pid ${pid})`);
  process.kill(pid, "SIGTERM");
  const startMs = systemClock.now();
  let killed = false;
  while (startTicksOf(pid) === startTicks) {
    if (!killed && systemClock.now() - startMs > graceMs) {
      context.terminal.note(`Nagi does not stop within ${graceMs / 1000} s: it is killed.`);
      process.kill(pid, "SIGKILL");
      killed = true;
    }
    await sleep(systemClock, pollMs);
  }
}
