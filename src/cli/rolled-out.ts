/** Waiting until a change of how processes run has reached all of them; the old ones serve until then. */

import { appLabel, processLabel } from "../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../client/client.ts";
import { findCondition, isConditionTrue } from "../model/conditions.ts";
import { deployment, type Deployment } from "../model/kinds/apps/deployment/deployment.ts";
import { app as appKind, type App } from "../model/kinds/nagi/app/app.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import { route } from "../model/kinds/route/route/route.ts";
import { isServing } from "../model/kinds/route/route/served.ts";
import { refOf } from "../model/meta.ts";
import type { JsonValue } from "../model/schema.ts";
import type { CommandContext } from "./command.ts";
import { pause, pollMs } from "./wait.ts";

const waitMaxMs = 10 * 60_000;
/** A change that the platform finds to be none makes no new generation. */
const noticedMaxMs = 15_000;
const servedMaxMs = 5000;

export function processOf({ metadata }: Deployment): string {
  return metadata.labels?.[processLabel] ?? "";
}

/** Of the app, by process type. */
export async function deploymentsOf(client: Client, { metadata }: App): Promise<Deployment[]> {
  const { name = "", namespace } = metadata;
  const { items } = await client.list(deployment, { namespace, labelSelector: `${appLabel}=${name}` });
  return items.toSorted((a, b) => (processOf(a) < processOf(b) ? -1 : 1));
}

/** By process type, in the app's spec; null takes an option away. */
export type ProcessChanges = Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;

/** Changes options of process types whose pods are made anew by it, and waits for them unless `--no-wait`. */
export async function changeProcesses(
  context: CommandContext,
  found: App,
  processes: ProcessChanges,
): Promise<void> {
  const isMeant = (each: Deployment): boolean => Object.hasOwn(processes, processOf(each));
  await changeAndWait(context, found, { spec: { processes }, isMeant });
}

/** As `changeProcesses`, of options of the app by which the pods of all types are made anew. */
export async function changeApp(
  context: CommandContext,
  found: App,
  spec: Readonly<Record<string, JsonValue>>,
): Promise<void> {
  await changeAndWait(context, found, { spec, isMeant: () => true });
}

interface AppChange {
  readonly spec: Readonly<Record<string, JsonValue>>;
  /** Whether the deployment is changed by it. */
  readonly isMeant: (each: Deployment) => boolean;
}

async function changeAndWait(
  context: CommandContext,
  found: App,
  { spec, isMeant }: AppChange,
): Promise<void> {
  const client = await context.client();
  const { name = "", namespace } = found.metadata;
  const before = (await deploymentsOf(client, found)).filter(isMeant);
  await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec } });
  if (context.flag("no-wait")) return;
  for (const each of before) {
    const changed = await noticed(context, client, each);
    if (changed !== undefined) await untilNew(context, client, changed);
  }
  context.terminal.progressDone();
}

/** The deployment once the platform has changed it; undefined when it does not. */
async function noticed(
  context: CommandContext,
  client: Client,
  before: Deployment,
): Promise<Deployment | undefined> {
  const startMs = Date.now();
  while (Date.now() - startMs < noticedMaxMs) {
    const now = await client.get(deployment, refOf(before));
    if ((now.metadata.generation ?? 0) > (before.metadata.generation ?? 0)) return now;
    await pause(pollMs, context.signal);
  }
  return undefined;
}

export async function untilNew(context: CommandContext, client: Client, changed: Deployment): Promise<void> {
  const generation = changed.metadata.generation ?? 0;
  const startMs = Date.now();
  const type = processOf(changed);
  for (;;) {
    const { spec, status = {} } = await client.get(deployment, refOf(changed));
    const replicas = spec?.replicas ?? 1;
    const { updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
    const counts = [status.replicas ?? 0, updatedReplicas, availableReplicas];
    const isObserved = observedGeneration >= generation;
    if (isObserved && counts.every((count) => count === replicas))
      return await untilServed(context, client, changed);
    const progressing = findCondition(status.conditions, "Progressing");
    const isStuck = isObserved && progressing?.reason === "ProgressDeadlineExceeded";
    if (isStuck || Date.now() - startMs > waitMaxMs) throw await stuck(client, changed);
    context.terminal.progress(`Restarting ${type}: ${updatedReplicas} of ${replicas} new`);
    await pause(pollMs, context.signal);
  }
}

/** The router hears of ready instances a moment later; it is not waited for any longer than `servedMaxMs`. */
async function untilServed(context: CommandContext, client: Client, changed: Deployment): Promise<void> {
  const { namespace, labels = {} } = changed.metadata;
  if (processOf(changed) !== "web") return;
  const labelSelector = `${appLabel}=${labels[appLabel] ?? ""}`;
  const startMs = Date.now();
  while (Date.now() - startMs < servedMaxMs) {
    const [{ items: routes }, { items: pods }] = await Promise.all([
      client.list(route, { namespace, labelSelector }),
      client.list(pod, { namespace, labelSelector: `${labelSelector},${processLabel}=web` }),
    ]);
    const addresses = pods
      .filter(({ metadata, status }) => isReady(status) && metadata.deletionTimestamp === undefined)
      .map(({ status }) => status?.podIP ?? "");
    if (isServing(routes, addresses)) return;
    await pause(pollMs, context.signal);
  }
}

function isReady(status: Pod["status"]): boolean {
  return isConditionTrue(status?.conditions, "Ready");
}

/** Why a pod is not ready, if that can be said of it alone. */
function reasonOf({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const scheduled = findCondition(status?.conditions, "PodScheduled");
  if (scheduled?.status === "False") return scheduled.message ?? scheduled.reason;
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  return waiting === undefined ? undefined : `${waiting.reason}: ${waiting.message ?? ""}`;
}

async function stuck(client: Client, changed: Deployment): Promise<Error> {
  const name = changed.metadata.labels?.[appLabel] ?? "";
  const type = processOf(changed);
  const labelSelector = `${appLabel}=${name},${processLabel}=${type}`;
  const { items } = await client.list(pod, { namespace: changed.metadata.namespace, labelSelector });
  const why = items.flatMap((each) => reasonOf(each) ?? [])[0];
  const text = why === undefined ? "" : `: ${why}`;
  return new Error(
    `the new instances of ${processOf(changed)} do not get ready, so the old ones go on${text}; see: nagi ps --app ${name}`,
  );
}
