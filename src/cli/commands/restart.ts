import type { Client } from "../../client/client.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { refOf } from "../../model/meta.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { pause, pollMs } from "../wait.ts";

const waitMaxMs = 10 * 60_000;

export const command: Command = {
  name: "restart",
  group: "Processes",
  summary: "Restart an app's processes one after the other, without downtime.",
  usage: "[TYPE ...]",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait until all are new." }],
  examples: ["nagi restart", "nagi restart worker"],
  async run(context) {
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const client = await context.client();
    const { items } = await client.list(deployment, { namespace, labelSelector: `nagi.dev/app=${name}` });
    const chosen = chosenOf(name, items, context.args);
    const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
    const body = { spec: { template: { metadata: { annotations } } } };
    for (const item of chosen) {
      const ref = { namespace, name: item.metadata.name ?? "" };
      const patched = await client.patch(deployment, ref, { type: "merge", body });
      if (!context.flag("no-wait")) await untilNew(context, client, patched);
    }
    context.terminal.progressDone();
    context.terminal.print(`Restarted ${chosen.map(typeOf).join(", ")} of ${name}`);
  },
};

function typeOf(item: Deployment): string {
  return item.metadata.labels?.["nagi.dev/process"] ?? "";
}

function chosenOf(name: string, items: readonly Deployment[], types: readonly string[]): Deployment[] {
  const missing = types.filter((type) => !items.some((item) => typeOf(item) === type));
  const chosen = items.filter((item) => types.length === 0 || types.includes(typeOf(item)));
  if (missing.length === 0 && chosen.length > 0) return chosen;
  throw new UsageError(
    `app ${name} has no process type ${missing.join(", ") || "that runs"}`,
    `It has: ${items.map(typeOf).join(", ") || "none"}`,
  );
}

async function untilNew(context: CommandContext, client: Client, patched: Deployment): Promise<void> {
  const generation = patched.metadata.generation ?? 0;
  const startMs = Date.now();
  for (;;) {
    const { spec, status = {} } = await client.get(deployment, refOf(patched));
    const replicas = spec?.replicas ?? 1;
    const { updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
    const counts = [status.replicas ?? 0, updatedReplicas, availableReplicas];
    if (observedGeneration >= generation && counts.every((count) => count === replicas)) return;
    context.terminal.progress(`Restarting ${typeOf(patched)}: ${updatedReplicas} of ${replicas} new`);
    if (Date.now() - startMs > waitMaxMs)
      throw new Error(
        `${patched.metadata.name} is not ready; see: nagi describe deployment ${patched.metadata.name}`,
      );
    await pause(pollMs, context.signal);
  }
}
