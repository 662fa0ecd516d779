import type { Command, CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/command.ts";
import { settleConfig } from "../config.ts";
import { runningPlatform, runningPlatformHalf } from "../state.ts";

export const command: Command = {
  name: "platform",
  group: "Platform",
  summary: "Run builds, git and routes as a process of their own.",
  description:
    "For a platform that was started with nagi up --external-platform, on the same machine and data directory: all\n" +
    "that the platform half knows of the rest goes over the Kubernetes API with a kubeconfig. Runs until it is\n" +
    "interrupted; apps and their routes go on.",
  options: [
    {
      name: "log-level",
      type: "string",
      value: "LEVEL",
      choices: ["debug", "info", "warn", "error"],
      default: "info",
      description: "What goes to the log.",
    },
  ],
  examples: ["nagi up --detach --external-platform && nagi platform"],
  async run(context) {
    const dataDir = context.host.dataDir(context.text("data-dir"));
    checkMayRun(context, dataDir);
    const { runPlatformProcess } = await import("../platform-process.ts");
    await runPlatformProcess(context, await settleConfig(dataDir, {}));
  },
};

function checkMayRun({ terminal }: CommandContext, dataDir: string): void {
  const engine = runningPlatform(dataDir);
  if (engine === undefined)
    throw new UsageError(
      `no Nagi runs with the data directory ${dataDir}`,
      "Start it: nagi up --detach --external-platform",
    );
  if (!engine.externalPlatform)
    throw new UsageError(
      `Nagi (pid ${engine.pid}) runs builds, git and routes itself`,
      "Start it anew to leave them to this process: nagi down --keep-apps, nagi up --detach --external-platform",
    );
  const other = runningPlatformHalf(dataDir);
  if (other !== undefined) throw new UsageError(`nagi platform runs already (pid ${other.pid})`);
  terminal.progress("Starting");
}
