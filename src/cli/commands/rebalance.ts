import type { Client } from "../../client/client.ts";
import { objectives, rebalance, type Objective, type Proposal } from "../../scheduler/rebalance/rebalance.ts";
import { setCordon } from "../nodes/cordon.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { makeMove } from "../scheduling/make-move.ts";
import { outputOption } from "../manifests.ts";
import { pluginOption, profilesFrom, worldFrom } from "../scheduling/simulation-input.ts";

const maxMovesMax = 1000;
const defaultTimeoutSeconds = 300;

export const command: Command = {
  name: "rebalance",
  group: "Platform",
  summary: "Propose moves of pods that make the cluster more even or more dense, and make them when told to.",
  description:
    "Every move is tried on a copy of the cluster with the rules that decide about new pods. With --apply the pods are\n" +
    "evicted one by one within their disruption budgets; the next follows when what replaces the last is ready. Where a\n" +
    "replacement goes is up to the scheduler. Nodes that --objective density empties are cordoned first and stay so.",
  options: [
    {
      name: "objective",
      type: "string",
      value: "OBJECTIVE",
      choices: objectives,
      default: "spread",
      description: "spread: nodes equally full, like pods apart; density: as few nodes as possible.",
    },
    { name: "apply", type: "boolean", description: "Make the moves." },
    {
      name: "max-moves",
      type: "number",
      value: "COUNT",
      default: 20,
      description: "Propose no more moves than this.",
    },
    {
      name: "timeout",
      type: "number",
      value: "SECONDS",
      default: defaultTimeoutSeconds,
      description: "With --apply: give up when a replacement is not ready after this time.",
    },
    {
      name: "file",
      type: "string",
      value: "FILE",
      multiple: true,
      description: "Nodes and pods, YAML or JSON, instead of the live cluster; - for standard input.",
    },
    {
      name: "policy",
      type: "string",
      value: "FILE",
      multiple: true,
      description: "Rules: KubeSchedulerConfiguration, OpenShift v3 Policy, or default.",
    },
    pluginOption,
    outputOption(["json"]),
  ],
  examples: ["nagi rebalance", "nagi rebalance --objective density --apply", "nagi rebalance -o json"],
  async run(context) {
    if (context.args.length > 0)
      throw new UsageError(`nagi rebalance takes no argument, given ${context.args.join(" ")}`);
    const isLive = context.texts("file").length === 0;
    if (context.flag("apply") && !isLive)
      throw new UsageError("--apply moves pods of the live cluster: leave --file away");
    const proposal = await propose(context);
    const { terminal } = context;
    const isJson = context.text("output") === "json";
    terminal.print(isJson ? JSON.stringify(proposal, null, 2) : textOf(proposal));
    if (!context.flag("apply")) return;
    // The proposal stands alone on standard output.
    const told = { ...context, terminal: { ...terminal, print: (line = "") => terminal.note(line) } };
    await apply(isJson ? told : context, await context.client(), proposal);
  },
};

async function propose(context: CommandContext): Promise<Proposal> {
  const maxMoves = context.number("max-moves") ?? 0;
  if (!Number.isInteger(maxMoves) || maxMoves < 1 || maxMoves > maxMovesMax)
    throw new UsageError(`--max-moves is ${maxMoves}: must be a whole number from 1 to ${maxMovesMax}`);
  const [named, more] = await profilesFrom(context);
  if (named === undefined || more !== undefined) throw new UsageError("--policy may be given once");
  const objective = (context.text("objective") ?? "spread") as Objective;
  return rebalance(await worldFrom(context), { objective, profile: named.profile, maxMoves });
}

function textOf({ objective, moves, freed, before, after }: Proposal): string {
  if (moves.length === 0) return `No move improves the ${objective} of the pods.`;
  const rows = moves.map(({ pod, from, to, gain, why }) => [
    `${pod.namespace}/${pod.name}`,
    from,
    to,
    String(gain),
    why,
  ]);
  const change = (label: string, was: number, is: number): string => `${label} ${was} -> ${is}`;
  const share = (value: number): number => Math.round(value * 100);
  const sums = [
    change("fullest node: cpu %", share(before.highestCpuShare), share(after.highestCpuShare)),
    change("memory %", share(before.highestMemoryShare), share(after.highestMemoryShare)),
    change("deviation: cpu %", share(before.cpuDeviation), share(after.cpuDeviation)),
    change("memory %", share(before.memoryDeviation), share(after.memoryDeviation)),
    change("nodes in use", before.usedNodes, after.usedNodes),
  ];
  const emptied = freed.length === 0 ? [] : [`Empty afterwards: ${freed.join(", ")}`];
  return [columns([["POD", "FROM", "TO", "GAIN", "WHY"], ...rows]), "", sums.join("; "), ...emptied].join(
    "\n",
  );
}

async function apply(context: CommandContext, client: Client, { moves, freed }: Proposal): Promise<void> {
  const { terminal, signal } = context;
  const timeoutMs = (context.number("timeout") ?? defaultTimeoutSeconds) * 1000;
  for (const name of freed) await setCordon(context, client, { name, unschedulable: true });
  for (const [index, move] of moves.entries()) {
    const name = `${move.pod.namespace}/${move.pod.name}`;
    terminal.progress(`Moving ${name} (${index + 1}/${moves.length})`);
    const onRefused = (message: string): void => terminal.note(`${name}: ${message} Asking again in 5 s.`);
    const made = await makeMove(client, move, { timeoutMs, signal, onRefused });
    terminal.progressDone();
    if (made === undefined) terminal.print(`pod ${name} is no longer on ${move.from}`);
    else {
      const to = made.spec.nodeName ?? "no node yet";
      const other = to === move.to ? "" : `, proposed was ${move.to}`;
      terminal.print(`pod ${name} moved: ${made.metadata.name} is ready on ${to}${other}`);
    }
  }
}
