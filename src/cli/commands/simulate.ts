import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { simulate, type Simulation } from "../../scheduler/simulate/simulate.ts";
import { clusterSvg } from "../../scheduler/simulate/svg/cluster-svg.ts";
import { UsageError, type Command, type CommandContext, type Option } from "../command.ts";
import { fileOption, outputOption } from "../manifests.ts";
import { pluginOption, profilesFrom, scenarioFrom, worldFrom } from "../scheduling/simulation-input.ts";
import { comparisonText, simulationText, type NamedSimulation } from "../scheduling/simulation-text.ts";

const seedMax = 2 ** 32 - 1;

function names(name: string, value: string, description: string): Option {
  return { name, type: "string", value, description, multiple: true };
}

export const command: Command = {
  name: "simulate",
  group: "Platform",
  summary: "Say what would happen: other nodes, more pods, other rules. Changes nothing.",
  description:
    "Starts from the live cluster, or from a file of nodes and pods such as\n" +
    "`kubectl get nodes,pods -A -o json` prints. Waiting pods are placed too. With two policies both are shown side by\n" +
    "side. The same seed gives the same answer.",
  options: [
    names("file", "FILE", "Nodes and pods, YAML or JSON, instead of the live cluster; - for standard input."),
    { name: "add-nodes", type: "number", value: "COUNT", description: "Add so many nodes." },
    names(
      "like",
      "NAME",
      "What added nodes or pods are like: a node, a pod; node/NAME and pod/NAME for both.",
    ),
    { name: "cpu", type: "string", value: "QUANTITY", description: "Cpu of the added nodes." },
    { name: "memory", type: "string", value: "QUANTITY", description: "Memory of the added nodes." },
    names("labels", "KEY=VALUE,...", "Labels of the added nodes."),
    names("remove-node", "NODE", "Take a node away with all its pods; may be given several times."),
    names("drain", "NODE", "Cordon a node and move its pods; may be given several times."),
    {
      name: "add-pods",
      type: "number",
      value: "COUNT",
      description: "Add so many pods; with -f, each so often.",
    },
    { ...fileOption, description: "Manifest of pods to add; workloads such as Deployments make their pods." },
    names(
      "policy",
      "FILE",
      "Rules: KubeSchedulerConfiguration, OpenShift v3 Policy, or default. Two are compared.",
    ),
    pluginOption,
    { name: "reschedule-all", type: "boolean", description: "Place all pods anew, as on an empty cluster." },
    {
      name: "seed",
      type: "number",
      value: "NUMBER",
      description: "Makes draws among equals follow from it.",
    },
    {
      name: "svg",
      type: "string",
      value: "FILE",
      description: "Write a picture of the nodes and their pods.",
    },
    { name: "all", type: "boolean", description: "Show all pods and nodes, however many." },
    outputOption(["json"]),
  ],
  examples: [
    "nagi simulate --add-pods 20 --like hello-1",
    "nagi simulate --drain node-2",
    "nagi simulate --file cluster.json --add-nodes 3 --like node-1 --svg after.svg",
    "nagi simulate --reschedule-all --policy default --policy pack.yaml",
  ],
  async run(context) {
    if (context.args.length > 0)
      throw new UsageError(`nagi simulate takes no argument, given ${context.args.join(" ")}`);
    const world = await worldFrom(context);
    const scenario = await scenarioFrom(context, world);
    const seed = seedOf(context);
    const simulations = (await profilesFrom(context)).map(({ name, profile }): NamedSimulation => ({
      name,
      simulation: attempt(() => simulate(world, scenario, { profile, seed })),
    }));
    writeSvg(context, simulations);
    print(context, simulations, seed);
  },
};

function seedOf(context: CommandContext): number {
  const seed = context.number("seed") ?? randomInt(2 ** 32);
  if (Number.isInteger(seed) && seed >= 0 && seed <= seedMax) return seed;
  throw new UsageError(`--seed is ${seed}: must be a whole number from 0 to ${seedMax}`);
}

function attempt(run: () => Simulation): Simulation {
  try {
    return run();
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function writeSvg(context: CommandContext, simulations: readonly NamedSimulation[]): void {
  const file = context.text("svg");
  if (file === undefined) return;
  const text = clusterSvg(
    simulations.map(({ name, simulation }) => ({ title: simulations.length > 1 ? name : "", simulation })),
  );
  try {
    writeFileSync(resolve(context.host.cwd, file), text);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`);
  }
  context.terminal.note(`The picture is in ${file}.`);
}

function print(context: CommandContext, simulations: readonly NamedSimulation[], seed: number): void {
  const { terminal } = context;
  if (context.text("output") === "json") {
    const policies = simulations.map(({ name, simulation }) => ({ policy: name, ...plain(simulation) }));
    terminal.print(JSON.stringify({ seed, simulations: policies }, null, 2));
    return;
  }
  const options = { width: terminal.columns, all: context.flag("all") };
  const [first, second] = simulations;
  if (first !== undefined && second === undefined) terminal.write(simulationText(first, options));
  else terminal.write(comparisonText(simulations, options));
}

/** Without whole pods: their names are enough to find them. */
function plain({ placements, pending, lost, before, after }: Simulation) {
  return {
    placements: placements.map((each) => named(each)),
    pending: pending.map((each) => named(each)),
    lost: lost.map((each) => named(each)),
    before,
    after,
  };
}

function named<T extends { readonly pod: Simulation["pending"][number]["pod"] }>({ pod, ...rest }: T) {
  return { namespace: pod.metadata.namespace ?? "default", name: pod.metadata.name ?? "", ...rest };
}
