import type { Client } from "../../client/client.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { nodeNames, setCordon } from "../nodes/cordon.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { planDrain } from "../nodes/drain-plan.ts";
import { evictPod } from "../nodes/evict.ts";

export const command: Command = {
  name: "drain",
  group: "Platform",
  summary:
    "Empty a node: keep new pods off it and evict those that are there, within their disruption budgets.",
  usage: "NODE ...",
  description:
    "Pods are evicted at once; one whose disruption budget says no is asked for again every five seconds. Their owners make new ones, which find other nodes.",
  options: [
    { name: "force", type: "boolean", description: "Also evict pods that nobody makes again." },
    {
      name: "ignore-daemonsets",
      type: "boolean",
      description: "Leave the pods of daemon sets where they are.",
    },
    {
      name: "delete-emptydir-data",
      type: "boolean",
      description: "Also evict pods whose emptyDir volumes are lost with them.",
    },
    {
      name: "grace-period",
      type: "number",
      value: "SECONDS",
      description: "Time that pods get to end; their own when absent.",
    },
    {
      name: "timeout",
      type: "number",
      value: "SECONDS",
      description: "Give up after this time; never when absent or 0.",
    },
  ],
  examples: ["nagi drain node-2", "nagi drain node-2 --force --timeout 60"],
  async run(context) {
    const names = nodeNames(context, "drain");
    const client = await context.client();
    for (const name of names) await setCordon(context, client, { name, unschedulable: true });
    for (const name of names) await drain(context, client, name);
  },
};

async function drain(context: CommandContext, client: Client, name: string): Promise<void> {
  const { terminal } = context;
  const { items } = await client.list(podKind, { fieldSelector: `spec.nodeName=${name}` });
  const { evict, ignored, refusals } = planDrain(items, {
    force: context.flag("force"),
    ignoreDaemonsets: context.flag("ignore-daemonsets"),
    deleteEmptydirData: context.flag("delete-emptydir-data"),
  });
  if (refusals.length > 0) {
    throw new UsageError(
      `unable to drain node ${name}, it stays cordoned: ${refusals.join("; ")}`,
      `To let new pods on it again: nagi uncordon ${name}`,
    );
  }
  for (const { pod, reason } of ignored) terminal.note(`Leaving pod ${keyOf(pod)}: ${reason}`);
  await evictAll(context, client, evict);
  terminal.print(`node/${name} drained`);
}

async function evictAll(context: CommandContext, client: Client, pods: readonly Pod[]): Promise<void> {
  const { terminal } = context;
  const seconds = context.number("timeout") ?? 0;
  const timeout = seconds > 0 ? [AbortSignal.timeout(seconds * 1000)] : [];
  const signal = AbortSignal.any([context.signal, ...timeout]);
  const left = new Set(pods.map(keyOf));
  const show = (): void => terminal.progress(`Evicting: ${pods.length - left.size}/${pods.length} pods gone`);
  const evict = async (pod: Pod): Promise<void> => {
    const onRefused = (message: string): void =>
      terminal.note(`error when evicting pod ${keyOf(pod)} (will retry after 5s): ${message}`);
    const gracePeriodSeconds = context.number("grace-period");
    await evictPod(client, pod, { gracePeriodSeconds, signal, onRefused });
    left.delete(keyOf(pod));
    terminal.print(`pod ${keyOf(pod)} evicted`);
    show();
  };
  if (pods.length > 0) show();
  try {
    await Promise.all(pods.map(evict));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!signal.aborted) throw error;
    const names = [...left].sort().join(", ");
    throw new Error(`drain did not complete within ${seconds} s; still there: ${names}`, { cause: error });
  } finally {
    terminal.progressDone();
  }
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
