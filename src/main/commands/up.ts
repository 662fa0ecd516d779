import type { Command, CommandContext, Option } from "../../cli/command.ts";
import { UsageError } from "../../cli/command.ts";
import { defaultThresholds, parseThresholds } from "../../engine/agent/eviction/thresholds.ts";
import { messageOf } from "../../lib/errors.ts";
import { paint } from "../../cli/terminal.ts";
import { defaults, nodesMax, settleConfig, type PlatformConfig } from "../config.ts";
import { startDetachedPlatform } from "../detached.ts";
import { namedPorts } from "../named-ports.ts";
import { canInstall, installPackages, missingRequirements } from "../packages.ts";
import { preflight, problemText } from "../preflight.ts";
import { settledPlugins } from "../scheduler/load-plugins.ts";
import { checkPortRange } from "../port-range.ts";
import { schedulerSettings, settledPath } from "../scheduler/settings.ts";
import { runningPlatform, runningPlatformHalf, startingPlatform, type PlatformState } from "../state.ts";
import { survivingPorts } from "../surviving.ts";
import { goOnUnread } from "../unread-output.ts";

const transitionMaxSeconds = 3600;
/** Readers of metrics take what is older than a minute for gone. */
const measureMaxSeconds = 60;

const options: readonly Option[] = [
  {
    name: "detach",
    short: "d",
    type: "boolean",
    description: "Return when the platform is ready; it goes on in the background.",
  },
  {
    name: "http-port",
    type: "number",
    value: "PORT",
    description: `Where apps answer (default ${defaults.httpPort}, or as at the last start).`,
  },
  {
    name: "https-port",
    type: "number",
    value: "PORT",
    description: `Where apps answer over HTTPS (default ${defaults.httpsPort}, or the next free one).`,
  },
  {
    name: "api-port",
    type: "number",
    value: "PORT",
    description: `Where the Kubernetes API answers (default ${defaults.apiPort}).`,
  },
  {
    name: "registry-port",
    type: "number",
    value: "PORT",
    description: `Where the image registry answers (default ${defaults.registryPort}, or the next free one).`,
  },
  {
    name: "ssh-port",
    type: "number",
    value: "PORT",
    description: `Where git answers over SSH (default ${defaults.sshPort}, or the next free one).`,
  },
  {
    name: "tcp-ports",
    type: "string",
    value: "FIRST-LAST",
    description: `Ports of the machine that routes of TCP can have, or none (default ${defaults.tcpPorts}).`,
  },
  {
    name: "nodes",
    type: "number",
    value: "N",
    description: `Virtual nodes on this machine, 1 to ${nodesMax} (default ${defaults.nodes}).`,
  },
  {
    name: "measure-interval",
    type: "number",
    value: "SECONDS",
    description: `How often use is measured and autoscalers look at it, 1 to ${measureMaxSeconds} (default ${defaults.measureSeconds}).`,
  },
  {
    name: "domain",
    type: "string",
    value: "DOMAIN",
    description: `Apps answer at APP.DOMAIN (default ${defaults.domain}).`,
  },
  {
    name: "engine-socket",
    type: "string",
    value: "PATH",
    description: "Docker Engine API socket to use, instead of Nagi's own Podman service.",
  },
  {
    name: "scheduler-config",
    type: "string",
    value: "FILE",
    description: "How pods are placed: a KubeSchedulerConfiguration or a Policy; none for what is built in.",
  },
  {
    name: "scheduler-plugin",
    type: "string",
    value: "MODULE",
    multiple: true,
    description: "A plugin for the scheduler: a folder, file or npm package; none for no more of them.",
  },
  {
    name: "eviction-hard",
    type: "string",
    value: "LIMITS",
    description: `When pods give way because the machine runs short, or none (default ${defaultThresholds}).`,
  },
  {
    name: "eviction-transition",
    type: "number",
    value: "SECONDS",
    description: "How long the nodes take no pods after the machine was short of something (default 60).",
  },
  {
    name: "external-platform",
    type: "boolean",
    description: "Leave builds, git and routes to a separate `nagi platform` process.",
  },
  { name: "wait-platforms", type: "boolean", description: "Also wait until the base images are made." },
  {
    name: "log-level",
    type: "string",
    value: "LEVEL",
    choices: ["debug", "info", "warn", "error"],
    default: "info",
    description: "What goes to the log.",
  },
];

export const command: Command = {
  name: "up",
  group: "Platform",
  summary: "Start the platform on this machine.",
  description:
    "Installs the Debian packages that are missing (when root), starts the platform and prints where it answers.\n" +
    "All state is kept in the data directory; what is chosen at one start holds for the next.",
  options,
  examples: ["nagi up --detach", "nagi up --nodes 3 --http-port 8081 --data-dir ~/nagi-test"],
  async run(context) {
    const dataDir = context.host.dataDir(context.text("data-dir"));
    const running = runningPlatform(dataDir);
    if (running !== undefined) {
      context.terminal.print(`Nagi runs already (pid ${running.pid}).`);
      printAddresses(context, running, dataDir);
      return 0;
    }
    const starting = startingPlatform(dataDir);
    if (starting !== undefined)
      throw new UsageError(`Nagi is being started already (pid ${starting.pid})`, "Or stop it: nagi down");
    checkExternal(context, dataDir);
    const config = await configOf(context, dataDir);
    // What started this process with --detach has looked already.
    if (!process.connected || context.flag("detach")) {
      if (!(await checkMachine(context, config))) return 1;
      await installMissing(context);
    }
    goOnUnread();
    if (context.flag("detach")) {
      const state = await startDetachedPlatform(context, config);
      printAddresses(context, state, dataDir);
      return 0;
    }
    const { runForeground } = await import("../foreground.ts");
    return await runForeground(context, config, (state) => printAddresses(context, state, dataDir));
  },
};

/** Two of them would fight over the router. */
function checkExternal(context: CommandContext, dataDir: string): void {
  const half = runningPlatformHalf(dataDir);
  if (half === undefined || context.flag("external-platform")) return;
  throw new UsageError(
    `nagi platform (pid ${half.pid}) runs builds, git and routes here`,
    "Stop it, or start the rest only: nagi up --external-platform",
  );
}

async function configOf(context: CommandContext, dataDir: string): Promise<PlatformConfig> {
  const nodes = context.number("nodes");
  if (nodes !== undefined && (!Number.isInteger(nodes) || nodes < 1 || nodes > nodesMax))
    throw new UsageError(`--nodes is ${nodes}: must be a whole number from 1 to ${nodesMax}`);
  const measureSeconds = context.number("measure-interval");
  const isInterval = Number.isInteger(measureSeconds ?? 1) && (measureSeconds ?? 1) >= 1;
  if (!isInterval || (measureSeconds ?? 1) > measureMaxSeconds)
    throw new UsageError(
      `--measure-interval is ${measureSeconds}: must be whole seconds from 1 to ${measureMaxSeconds}`,
    );
  const domain = context.text("domain");
  if (domain !== undefined && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(domain))
    throw new UsageError(`--domain is ${JSON.stringify(domain)}: must be a host name in lower case`);
  const evictionHard = context.text("eviction-hard");
  checkEviction(evictionHard);
  const config = await settleConfig(dataDir, {
    httpPort: context.number("http-port"),
    httpsPort: context.number("https-port"),
    apiPort: context.number("api-port"),
    registryPort: context.number("registry-port"),
    sshPort: context.number("ssh-port"),
    tcpPorts: portsOf(context.text("tcp-ports")),
    nodes,
    measureSeconds,
    domain,
    engineSocket: context.text("engine-socket"),
    schedulerConfig: settledPath(context.text("scheduler-config")),
    schedulerPlugins: pluginsOf(context),
    evictionHard,
    evictionTransitionSeconds: transitionOf(context),
  });
  await checkScheduler(config);
  return config;
}

function portsOf(text: string | undefined): string | undefined {
  const problem = text === undefined ? undefined : checkPortRange(text);
  if (problem === undefined) return text;
  throw new UsageError(`--tcp-ports is ${JSON.stringify(text)}: ${problem}`);
}

function checkEviction(text: string | undefined): void {
  try {
    if (text !== undefined) parseThresholds(text);
  } catch (error) {
    throw new UsageError(
      `--eviction-hard: ${messageOf(error)}`,
      `For instance: nagi up --eviction-hard ${JSON.stringify(defaultThresholds)}`,
    );
  }
}

function transitionOf(context: CommandContext): number | undefined {
  const seconds = context.number("eviction-transition");
  if (seconds !== undefined && !(seconds >= 0 && seconds <= transitionMaxSeconds))
    throw new UsageError(
      `--eviction-transition is ${seconds}: must be from 0 to ${transitionMaxSeconds} seconds`,
    );
  return seconds;
}

/** Before anything is started. */
async function checkScheduler({ schedulerConfig, schedulerPlugins }: PlatformConfig): Promise<void> {
  try {
    await schedulerSettings({ config: schedulerConfig, plugins: schedulerPlugins });
  } catch (error) {
    throw new UsageError(
      messageOf(error),
      "Mend it, or start without: nagi up --scheduler-config none --scheduler-plugin none",
    );
  }
}

function pluginsOf(context: CommandContext): readonly string[] | undefined {
  try {
    return settledPlugins(context.texts("scheduler-plugin"), context.host.cwd);
  } catch (error) {
    throw new UsageError(messageOf(error), "Give a folder, a file or an installed npm package");
  }
}

async function checkMachine(context: CommandContext, config: PlatformConfig): Promise<boolean> {
  const problems = preflight({
    dataDir: config.dataDir,
    uid: process.getuid?.() ?? -1,
    path: context.host.env["PATH"] ?? "",
    ports: namedPorts(config),
    ownPorts: await survivingPorts(config),
  });
  if (problems.length > 0)
    context.terminal.note(`${paint(context.terminal, "red", "error:")} ${problemText(problems)}`);
  return problems.length === 0;
}

async function installMissing(context: CommandContext): Promise<void> {
  const path = context.host.env["PATH"] ?? "";
  const missing = missingRequirements(path);
  if (missing.length === 0 || !canInstall(process.getuid?.() ?? -1, path)) return;
  const { terminal } = context;
  terminal.note("Nagi installs these Debian packages:");
  for (const { debianPackage, purpose } of missing) terminal.note(`  ${debianPackage.padEnd(18)} ${purpose}`);
  await installPackages(
    missing.map(({ debianPackage }) => debianPackage),
    (line) => terminal.progress(`apt-get: ${line.slice(0, Math.max(20, terminal.columns - 15))}`),
  );
  terminal.progressDone("Installed.");
}

function printAddresses(context: CommandContext, state: PlatformState, dataDir: string): void {
  const { terminal } = context;
  terminal.print(`Apps:        ${state.httpUrl.replace("://", "://APP.")}`);
  if (state.httpsUrl !== undefined)
    terminal.print(`             ${state.httpsUrl.replace("://", "://APP.")} after nagi certs auto`);
  terminal.print(`API:         ${state.apiUrl}`);
  terminal.print(`Kubeconfig:  ${dataDir}/kubeconfig`);
  terminal.print("Next:        nagi create NAME, then git push nagi main");
}
