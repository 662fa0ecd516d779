import { sleep, systemClock } from "../../lib/clock.ts";
import type { AppMetrics } from "../../model/app-metrics.ts";
import { appOption, getApp } from "../app.ts";
import { askPlatform } from "../ask-platform.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { outputOption } from "../manifests.ts";
import { metricsText } from "../metrics/metrics-text.ts";

const usual = "1h";
const refreshMs = 5000;
/** Home, and all below it cleared. */
const clearScreen = "\u001b[H\u001b[J";

export const command: Command = {
  name: "metrics",
  group: "Processes",
  summary:
    "Draw an app's requests, errors, latencies, cpu, memory, network, disk and restarts of the last hours.",
  usage: "[APP] [--since 1h] [--follow]",
  description:
    "Numbers come every 15 seconds and are kept for four hours, from the start of Nagi on. Latencies are those that the\n" +
    "router saw. cpu is in thousandths of a processor; a process type's numbers are those of its instances together. On a\n" +
    "terminal they are drawn, elsewhere they are a table. Prometheus reads the present ones at /-/metrics.",
  options: [
    appOption,
    {
      name: "since",
      type: "string",
      value: "DURATION",
      description: `How far back: 10m, 1h, 4h (default ${usual}).`,
    },
    { name: "follow", short: "f", type: "boolean", description: "Draw them anew every five seconds." },
    outputOption(["json"]),
  ],
  examples: ["nagi metrics shop", "nagi metrics shop --since 10m --follow", "nagi metrics shop -o json"],
  async run(context) {
    const { terminal, signal } = context;
    const found = await getApp(context, context.args[0]);
    const { namespace = "default", name = "" } = found.metadata;
    const seconds = Math.ceil(parseDuration(context.text("since") ?? usual, "--since") / 1000);
    if (seconds === 0) throw new UsageError("--since is 0: must be longer", "For instance: --since 10m");
    const ask = (): Promise<AppMetrics> =>
      askPlatform<AppMetrics>(context, {
        method: "GET",
        path: `/-/metrics/${namespace}/${name}?seconds=${seconds}`,
      });
    if (context.text("output") === "json") return terminal.print(JSON.stringify(await ask(), null, 2));
    if (!context.flag("follow")) return terminal.write(metricsText(await ask(), shownOn(context)));
    while (!signal.aborted) {
      const text = metricsText(await ask(), shownOn(context));
      terminal.write(terminal.isTty ? clearScreen + text : text);
      await sleep(systemClock, refreshMs, signal);
    }
  },
};

function shownOn({ terminal }: CommandContext): { readonly width: number | undefined } {
  return { width: terminal.isTty ? terminal.size().columns : undefined };
}
