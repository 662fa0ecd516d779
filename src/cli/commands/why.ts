import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { randomInt } from "node:crypto";
import type { Client } from "../../client/client.ts";
import { newObject } from "../../model/kind.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import {
  schedulingDecision,
  type SchedulingDecision,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { isNotFound } from "../../model/status.ts";
import { explainNow } from "../../scheduler/simulate/explain-now.ts";
import type { World } from "../../scheduler/simulate/world.ts";
import { pluginOption, profilesFrom, worldFrom } from "../scheduling/simulation-input.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { renderDecision } from "../scheduling/decision-text.ts";
import { columns } from "../format.ts";
import { liveWorld } from "../scheduling/live-world.ts";
import { outputOption } from "../manifests.ts";
import { objectText } from "../output.ts";

const defaultSchedulerName = "default-scheduler";
/** Pods of an app that are told of one by one; of more only the list. */
const explainedPodsMax = 3;

export const command: Command = {
  name: "why",
  group: "Objects",
  summary: "Say why a pod is where it is, or why it waits, and what would help: every node, rule and score.",
  usage: "POD | APP | APP/PROCESS",
  description:
    "Shows the decision that the scheduler keeps of the pod. Where there is none, or not of the nodes asked for, it is\n" +
    "worked out now from the cluster as it is, with the default rules. Suggestions were each tried on a copy of it.",
  options: [
    outputOption(["wide", "yaml", "json"]),
    { name: "all", type: "boolean", description: "Every node, and the rules that agree too." },
    {
      name: "node",
      type: "string",
      value: "NODE",
      description: "This node only, with every rule and score.",
    },
    {
      name: "file",
      type: "string",
      value: "FILE",
      multiple: true,
      description: "Nodes and pods, YAML or JSON, instead of the live cluster; - for standard input.",
    },
    { name: "now", type: "boolean", description: "Work it out from the cluster as it is now." },
    {
      name: "policy",
      type: "string",
      value: "FILE",
      multiple: true,
      description: "Work it out by these rules: a KubeSchedulerConfiguration or an OpenShift v3 Policy.",
    },
    pluginOption,
  ],
  examples: [
    "nagi why hello-2",
    "nagi why shop/web",
    "nagi why hello-2 --node node-3",
    "nagi why hello-2 -o json",
  ],
  async run(context) {
    const name = context.args[0]?.replace(/^pods?\//, "");
    if (name === undefined)
      throw new UsageError("nagi why needs the name of a pod or an app", "The pods there are: nagi get pods");
    if (context.texts("file").length > 0) return print(context, [await decisionInFile(context, name)]);
    const client = await context.client();
    const pods = await podsNamed(client, await context.namespace(), name);
    const telling = pods.length === 1 ? pods : tellingPods(context, pods);
    const decisions: Told[] = [];
    for (const pod of telling) decisions.push(await decisionOf(context, client, pod));
    print(context, decisions);
  },
};

interface Told {
  readonly decision: SchedulingDecision;
  /** Of one that was worked out now: whether the pod has a node. */
  readonly now?: { readonly isBound: boolean } | undefined;
}

async function decisionInFile(context: CommandContext, name: string): Promise<Told> {
  const world = await worldFrom(context);
  const namespace = context.text("namespace") ?? "default";
  const pod = world.pods.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  if (pod !== undefined) return await decisionNow(context, world, pod);
  throw new UsageError(
    `there is no pod ${name} of namespace ${namespace} in ${context.texts("file").join(", ")}`,
  );
}

/** A pod, or the pods of an app or of one of its process types. */
async function podsNamed(client: Client, namespace: string, name: string): Promise<readonly Pod[]> {
  const [app = "", process] = name.split("/");
  if (process === undefined) {
    try {
      return [await client.get(podKind, { namespace, name })];
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const wanted = process === undefined ? "" : `,${processLabel}=${process}`;
  const { items } = await client.list(podKind, { namespace, labelSelector: `${appLabel}=${app}${wanted}` });
  if (items.length > 0) return items;
  const hint = "The pods there are: nagi get pods. The apps: nagi apps";
  throw new UsageError(`there is no pod and no running app ${name} in namespace ${namespace}`, hint);
}

/** Those that wait; when none does, the first. The others are listed. */
function tellingPods(context: CommandContext, pods: readonly Pod[]): readonly Pod[] {
  const waiting = pods.filter(({ spec }) => (spec.nodeName ?? "") === "");
  const rows = pods.map(({ metadata, spec }) => [metadata.name ?? "", spec.nodeName ?? "waits for a node"]);
  if (context.text("output") === undefined || context.text("output") === "wide")
    context.terminal.print(`${columns([["POD", "NODE"], ...rows])}\n`);
  return waiting.length > 0 ? waiting.slice(0, explainedPodsMax) : pods.slice(0, 1);
}

async function decisionOf(context: CommandContext, client: Client, pod: Pod): Promise<Told> {
  const { namespace, name = "" } = pod.metadata;
  const kept = await keptDecision(client, { namespace, name }, pod);
  const waits = (pod.spec.nodeName ?? "") === "";
  const node = context.text("node");
  const lacksNode =
    node === undefined
      ? context.flag("all") && (kept?.spec.omittedNodes ?? 0) > 0
      : kept?.spec.nodes?.every((each) => each.name !== node) === true;
  noteGates(context, pod);
  if (kept !== undefined && !context.flag("now") && !lacksNode && !hasRules(context)) {
    if (!waits || kept.spec.outcome !== "Unschedulable" || kept.spec.suggestions !== undefined) {
      return { decision: kept };
    }
    const { decision } = await decisionNow(context, await liveWorld(client), pod);
    const { suggestions } = decision.spec;
    const spec = { ...kept.spec, ...(suggestions === undefined ? {} : { suggestions }) };
    return { decision: { ...kept, spec } };
  }
  noteWhoDecides(context, pod, { isKept: kept !== undefined });
  return await decisionNow(context, await liveWorld(client), pod);
}

async function keptDecision(client: Client, ref: { namespace: string | undefined; name: string }, pod: Pod) {
  try {
    const decision = await client.get(schedulingDecision, ref);
    // Of an earlier pod of this name, which the collector has not met yet.
    return decision.spec.pod.uid === pod.metadata.uid ? decision : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function noteWhoDecides(
  context: CommandContext,
  { metadata, spec }: Pod,
  { isKept }: { isKept: boolean },
): void {
  const { schedulerName = defaultSchedulerName, nodeName = "" } = spec;
  const { terminal } = context;
  if (!isKept) {
    if (schedulerName !== defaultSchedulerName)
      terminal.note(
        `Pod ${metadata.name} is left to the scheduler ${schedulerName}, which keeps no decision here.`,
      );
    else if (nodeName === "") terminal.note(`The scheduler has not decided about pod ${metadata.name} yet.`);
    else
      terminal.note(`No decision of pod ${metadata.name} is kept: whoever created it may have set its node.`);
  }
  const given = [...context.texts("policy"), ...context.texts("plugin")].join(", ");
  const rules = given === "" ? "with the default rules (--policy FILE takes others)" : `by ${given}`;
  terminal.note(`Worked out now, from the cluster as it is, ${rules}.`);
}

function noteGates({ terminal }: CommandContext, { metadata, spec }: Pod): void {
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name).join(", ");
  if (gates !== "") terminal.note(`Pod ${metadata.name} is gated (${gates}): no scheduler looks at it yet.`);
}

/** Other rules than the default ones are meant. */
function hasRules(context: CommandContext): boolean {
  return context.texts("policy").length > 0 || context.texts("plugin").length > 0;
}

async function decisionNow(context: CommandContext, world: World, pod: World["pods"][number]): Promise<Told> {
  const { namespace, name = "" } = pod.metadata;
  const policies = context.texts("policy");
  if (policies.length > 1)
    throw new UsageError(
      "nagi why takes one --policy",
      "To compare two: nagi simulate --policy A --policy B",
    );
  const [rules] = hasRules(context) ? await profilesFrom(context) : [];
  const spec = explainNow(world, pod, {
    schedulerName: pod.spec.schedulerName,
    profile: rules?.profile,
    seed: randomInt(2 ** 32),
    decidedAt: timestamp(Date.now()),
    nodeLimit: Number.POSITIVE_INFINITY,
  });
  const node = context.text("node");
  if (node !== undefined && spec.nodes?.every((each) => each.name !== node) === true)
    throw new UsageError(`there is no node ${node}`, "The nodes there are: nagi nodes");
  const decision = newObject<SchedulingDecision>(schedulingDecision, { name, namespace }, { spec });
  return { decision, now: { isBound: (pod.spec.nodeName ?? "") !== "" } };
}

function print(context: CommandContext, told: readonly Told[]): void {
  const { terminal } = context;
  const output = context.text("output");
  if (output !== undefined && output !== "wide") {
    const decisions = told.map(({ decision }) => decision);
    const [only, ...more] = decisions;
    const list = { apiVersion: "v1", kind: "List", metadata: {}, items: [...decisions] };
    terminal.write(objectText(only !== undefined && more.length === 0 ? only : list, output));
    return;
  }
  const options = {
    width: terminal.columns,
    all: context.flag("all") || output === "wide",
    node: context.text("node"),
  };
  for (const { decision, now } of told) terminal.print(renderDecision(decision, { ...options, now }));
}
