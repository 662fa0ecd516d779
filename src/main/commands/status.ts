import { readFileSync } from "node:fs";
import type { Command, CommandContext } from "../../cli/command.ts";
import { connect } from "../../cli/connect.ts";
import { columns } from "../../cli/format.ts";
import { messageOf } from "../../lib/errors.ts";
import { sizeCell } from "../../model/cells.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { platform } from "../../model/kinds/nagi/platform/platform.ts";
import { ageText } from "../../model/table.ts";
import { platformProcesses } from "../processes.ts";
import { runningPlatform } from "../state.ts";

export const command: Command = {
  name: "status",
  group: "Platform",
  summary: "Say how the platform on this machine is.",
  description: "The exit code is 0 when it runs and 3 when it does not.",
  options: [
    {
      name: "output",
      short: "o",
      type: "string",
      value: "FORMAT",
      choices: ["json"],
      description: "Output format.",
    },
  ],
  async run(context) {
    const dataDir = context.host.dataDir(context.text("data-dir"));
    const state = runningPlatform(dataDir);
    if (state === undefined) {
      if (context.text("output") === "json")
        context.terminal.print(JSON.stringify({ running: false, dataDir }));
      else
        context.terminal.print(`Nagi does not run (data directory ${dataDir}). Start it: nagi up --detach`);
      return 3;
    }
    const processes = (await platformProcesses(dataDir, state.pid)).map((each) => ({
      ...each,
      memoryBytes: residentBytes(each.pid),
    }));
    const counts = await count(context, dataDir).catch((error: unknown) => {
      context.terminal.note(`How many apps and nodes it has is not known: ${messageOf(error)}`);
      return undefined;
    });
    if (context.text("output") === "json") {
      context.terminal.print(
        JSON.stringify({ running: true, dataDir, ...state, processes, ...counts }, null, 2),
      );
      return 0;
    }
    const total = processes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    context.terminal.print(
      columns([
        ["Nagi:", `${state.version}, pid ${state.pid}, up ${ageText(state.startedAt, Date.now())}`],
        [
          "Apps:",
          `${state.httpUrl.replace("://", "://APP.")} (${counts?.apps === 1 ? "1 app" : `${counts?.apps ?? "?"} apps`})`,
        ],
        ["API:", state.apiUrl],
        ["Registry:", state.registry],
        ["Nodes:", counts === undefined ? "?" : `${counts.nodesReady} of ${counts.nodes} ready`],
        ["Platforms:", counts === undefined ? "?" : counts.platforms.join(", ") || "none yet"],
        [
          "Memory:",
          `${sizeCell(total)} (${processes.map(({ name, memoryBytes }) => `${name} ${sizeCell(memoryBytes)}`).join(", ")})`,
        ],
        ["Data:", dataDir],
      ]),
    );
    return 0;
  },
};

/** Of the platform on this machine, wherever the other commands are logged in. */
async function count({ host }: CommandContext, dataDir: string) {
  const { client } = await connect({ host, kubeconfig: undefined, context: undefined, dataDir });
  const [nodes, apps, platforms] = await Promise.all([
    client.list(node),
    client.list(app),
    client.list(platform),
  ]);
  const ready = nodes.items.filter(({ status }) =>
    status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
  );
  return {
    nodes: nodes.items.length,
    nodesReady: ready.length,
    apps: apps.items.length,
    platforms: platforms.items.map(({ metadata }) => metadata.name ?? ""),
  };
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
