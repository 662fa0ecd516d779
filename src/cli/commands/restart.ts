import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { instanceNames } from "../process-types.ts";
import { deploymentsOf, processOf, untilNew } from "../rolled-out.ts";
import { pause, pollMs } from "../wait.ts";

const waitMaxMs = 5 * 60_000;

export const command: Command = {
  name: "restart",
  group: "Processes",
  summary: "Restart an app's processes: all, those of a type, or a single instance.",
  usage: "[TYPE | INSTANCE ...]",
  description:
    "All, or those of a type, are made anew one after the other, without downtime. An instance (web.1, or the name of\n" +
    "its pod, as nagi ps shows them) is stopped and another one made in its place.",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait until all are new." }],
  examples: ["nagi restart", "nagi restart worker", "nagi restart web.1"],
  async run(context) {
    const found = await getApp(context);
    const client = await context.client();
    const { types, pods } = await chosenOf(client, found, context.args);
    const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
    const body = { spec: { template: { metadata: { annotations } } } };
    for (const item of types) {
      const patched = await client.patch(deployment, refOf(item), { type: "merge", body });
      if (!context.flag("no-wait")) await untilNew(context, client, patched);
    }
    for (const { pod } of pods) await replace(context, client, { found, pod });
    context.terminal.progressDone();
    const what = [...types.map(processOf), ...pods.map(({ title }) => title)].join(", ");
    context.terminal.print(`Restarted ${what} of ${found.metadata.name}`);
  },
};

interface Chosen {
  readonly types: readonly Deployment[];
  readonly pods: readonly { readonly pod: Pod; readonly title: string }[];
}

async function chosenOf(client: Client, found: App, words: readonly string[]): Promise<Chosen> {
  const { name = "", namespace } = found.metadata;
  const deployments = await deploymentsOf(client, found);
  const types = deployments.filter((item) => words.length === 0 || words.includes(processOf(item)));
  const others = words.filter((word) => !types.some((item) => processOf(item) === word));
  if (others.length === 0 && types.length > 0) return { types, pods: [] };
  const { items } = await client.list(podKind, { namespace, labelSelector: `${appLabel}=${name}` });
  const numbers = instanceNames(items);
  const pods = others.map((word) => {
    const pod = items.find(({ metadata }) =>
      [metadata.name, numbers.get(metadata.name ?? "")].includes(word),
    );
    if (pod?.metadata.ownerReferences?.some(({ kind }) => kind === "ReplicaSet") !== true)
      throw new UsageError(
        pod === undefined
          ? `app ${name} has no process type or instance ${JSON.stringify(word)}`
          : `${word} is a one-off process: nobody starts it again`,
        `It has: ${[...deployments.map(processOf), ...numbers.values()].join(", ") || "none"}. See: nagi ps --app ${name}`,
      );
    return { pod, title: word };
  });
  if (pods.length > 0) return { types, pods };
  throw new UsageError(`app ${name} has no process type that runs`, "Deploy it first: git push nagi main");
}

/** What makes the pod's successor is its replica set. */
async function replace(
  context: CommandContext,
  client: Client,
  { found, pod }: { readonly found: App; readonly pod: Pod },
): Promise<void> {
  await client.delete(podKind, refOf(pod), { preconditions: { uid: pod.metadata.uid } });
  if (context.flag("no-wait")) return;
  const type = pod.metadata.labels?.[processLabel] ?? "";
  const startMs = Date.now();
  for (;;) {
    const isGone = await client.get(podKind, refOf(pod)).then(
      ({ metadata }) => metadata.uid !== pod.metadata.uid,
      (error: unknown) => {
        if (isNotFound(error)) return true;
        throw error;
      },
    );
    const item = (await deploymentsOf(client, found)).find((each) => processOf(each) === type);
    const { readyReplicas = 0, replicas = 0 } = item?.status ?? {};
    const wanted = item?.spec.replicas ?? 1;
    if (isGone && readyReplicas === wanted && replicas === wanted) return;
    context.terminal.progress(`Restarting ${pod.metadata.name}: ${readyReplicas} of ${wanted} ${type} ready`);
    if (Date.now() - startMs > waitMaxMs)
      throw new Error(`${type} is not ready; see: nagi ps --app ${found.metadata.name}`);
    await pause(pollMs, context.signal);
  }
}
