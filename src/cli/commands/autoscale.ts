import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef, refOf } from "../../model/meta.ts";
import { appOption, getApp } from "../app.ts";
import { autoscalersOf } from "../autoscale/app-autoscalers.ts";
import { autoscalerLines, metricText } from "../autoscale/autoscaler-text.ts";
import { planAutoscaler, type AutoscaleOptions } from "../autoscale/plan-autoscaler.ts";
import { UsageError, type Command, type CommandContext, type Option } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { checkTypes } from "../process-types.ts";

const settingOptions: readonly Option[] = [
  {
    name: "min",
    type: "number",
    value: "COUNT",
    description: "The fewest instances (1); 0 lets web sleep while nobody asks.",
  },
  { name: "max", type: "number", value: "COUNT", description: "The most instances." },
  {
    name: "cpu",
    type: "string",
    value: "PERCENT",
    description: "Processor time on average: of its size (70), or an amount (200m).",
  },
  {
    name: "memory",
    type: "string",
    value: "PERCENT",
    description: "Memory on average: of its size (80), or an amount (300Mi).",
  },
  {
    name: "requests",
    type: "string",
    value: "RATE",
    description: "Requests per second and instance that the router gives it: 50.",
  },
  {
    name: "idle",
    type: "string",
    value: "DURATION",
    description: "How long less must have been enough before instances end (5m), and web sleeps.",
  },
];

export const command: Command = {
  name: "autoscale",
  group: "Processes",
  summary: "Let the number of instances follow what they use, or show how it does.",
  usage: "[APP [TYPE]] [--min COUNT --max COUNT --cpu PERCENT ... | --off]",
  description:
    "TYPE is web unless it is said. The largest number that one of cpu, memory and requests asks for counts. What is not\n" +
    "named stays as it was. It is a HorizontalPodAutoscaler of the process's Deployment: one that kubectl makes is shown\n" +
    "and changed here too. With --min 0 web ends when no request came for a while; the router holds the next one until an\n" +
    "instance answers. While a type is autoscaled nagi scale refuses it; --off leaves as many as run.",
  options: [
    appOption,
    ...settingOptions,
    { name: "off", type: "boolean", description: "Autoscale it no more; as many as run now go on." },
  ],
  examples: [
    "nagi autoscale shop",
    "nagi autoscale shop web --min 1 --max 5 --cpu 70",
    "nagi autoscale shop web --max 8 --requests 50",
    "nagi autoscale shop web --min 0 --max 3 --idle 15m",
    "nagi autoscale shop web --off",
  ],
  async run(context) {
    const hasApp = context.isGiven("app");
    const [name, given, ...more] = hasApp ? [undefined, ...context.args] : context.args;
    if (more.length > 0)
      throw new UsageError(
        `nagi autoscale takes an app and a process type; ${JSON.stringify(more[0])} is too much`,
        "For instance: nagi autoscale shop web --max 5 --cpu 70",
      );
    const found = await getApp(context, name);
    const options = optionsOf(context);
    const isSet = Object.values(options).some((value) => value !== undefined);
    if (!isSet && !context.flag("off")) return await show(context, found, given);
    const process = given ?? "web";
    checkTypes(found, [process]);
    if (isSet && context.flag("off"))
      throw new UsageError("--off goes with no other option", "Either --off, or --min, --max and the like");
    return isSet ? await set(context, found, { process, options }) : await turnOff(context, found, process);
  },
};

function optionsOf(context: CommandContext): AutoscaleOptions {
  const idle = context.text("idle");
  return {
    min: context.number("min"),
    max: context.number("max"),
    cpu: context.text("cpu"),
    memory: context.text("memory"),
    requests: context.text("requests"),
    idleSeconds: idle === undefined ? undefined : parseDuration(idle, "--idle") / 1000,
  };
}

async function show(context: CommandContext, found: App, process: string | undefined): Promise<void> {
  if (process !== undefined) checkTypes(found, [process]);
  const all = await autoscalersOf(context, found);
  const chosen = [...all].filter(([type]) => process === undefined || type === process);
  const { name } = found.metadata;
  for (const [type, each] of chosen)
    for (const line of autoscalerLines(type, each)) context.terminal.print(line);
  if (chosen.length === 0)
    context.terminal.note(
      `${process ?? "Nothing"} of ${name} is ${process === undefined ? "" : "not "}autoscaled. For instance: nagi autoscale ${name} ${process ?? "web"} --min 1 --max 5 --cpu 70`,
    );
}

interface Wanted {
  readonly process: string;
  readonly options: AutoscaleOptions;
}

async function set(context: CommandContext, found: App, { process, options }: Wanted): Promise<void> {
  const client = await context.client();
  const present = (await autoscalersOf(context, found)).get(process);
  const spec = planAutoscaler({ app: found, process, present: present?.spec, options });
  if (present === undefined)
    await client.create(horizontalPodAutoscaler, newAutoscaler(found, process, spec));
  else await client.update(horizontalPodAutoscaler, { ...present, spec });
  const { minReplicas, maxReplicas, metrics = [] } = spec;
  const { name } = found.metadata;
  context.terminal.print(
    `${process} of ${name} is autoscaled from ${minReplicas} to ${maxReplicas} instances: ${metrics.map(metricText).join(", ")}`,
  );
  if (minReplicas === 0)
    context.terminal.print(
      "It sleeps while nobody asks; the router holds the first request until it answers. Apps that ask its Service do not wake it",
    );
}

function newAutoscaler(
  app: App,
  process: string,
  spec: HorizontalPodAutoscaler["spec"],
): HorizontalPodAutoscaler {
  const { namespace, name = "" } = app.metadata;
  const owner = { ...controllerRef(app), apiVersion: "nagi.dev/v1", kind: "App" };
  const metadata = {
    name: `${name}-${process}`,
    namespace,
    labels: { [appLabel]: name, [processLabel]: process },
    ownerReferences: [owner],
  };
  return newObject<HorizontalPodAutoscaler>(horizontalPodAutoscaler, metadata, { spec });
}

/** What runs goes on: the number becomes the app's own before the autoscaler goes. */
async function turnOff(context: CommandContext, found: App, process: string): Promise<void> {
  const client = await context.client();
  const { name } = found.metadata;
  const present = (await autoscalersOf(context, found)).get(process);
  if (present === undefined) throw new UsageError(`${process} of ${name} is not autoscaled`);
  const replicas = Math.max(1, found.status?.processes?.[process]?.desired ?? 1);
  const isStopped = found.spec?.processes?.[process]?.stopped === true;
  const body = { spec: { processes: { [process]: { replicas } } } };
  if (!isStopped) await client.patch(appKind, refOf(found), { type: "merge", body });
  await client.delete(horizontalPodAutoscaler, refOf(present));
  context.terminal.print(
    `${process} of ${name} is not autoscaled any more; ${isStopped ? "it is stopped" : `${replicas} go on`}. To change that: nagi scale ${process}=COUNT --app ${name}`,
  );
}
