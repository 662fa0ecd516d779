/** Which pod a command means: one by name, or one of an app's processes. */

import { appLabel, processLabel } from "../model/kinds/nagi/app/app-names.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import type { ObjectRef } from "../model/meta.ts";
import { appName } from "./app.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";

export const podOptions: readonly Option[] = [
  { name: "pod", type: "string", value: "NAME", description: "The pod (default: a running one of the app)." },
  {
    name: "process",
    short: "p",
    type: "string",
    value: "TYPE",
    description: "Process type of the app whose pod is meant (default: web, else any).",
  },
  {
    name: "container",
    short: "c",
    type: "string",
    value: "NAME",
    description: "The container (default: the pod's only or first one).",
  },
];

export async function podOf(context: CommandContext): Promise<ObjectRef> {
  const named = context.text("pod");
  if (named !== undefined)
    return { namespace: await context.namespace(), name: named.replace(/^pods?\//, "") };
  const name = await appName(context);
  const namespace = await context.namespace();
  const client = await context.client();
  const wanted = context.text("process");
  const ofType = wanted === undefined ? "" : `,${processLabel}=${wanted}`;
  const { items } = await client.list(pod, { namespace, labelSelector: `${appLabel}=${name}${ofType}` });
  const running = items
    .filter(({ status, metadata }) => status?.phase === "Running" && metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => rank(a) - rank(b));
  const [first] = running;
  if (first !== undefined) return { namespace, name: first.metadata.name ?? "" };
  const what = wanted === undefined ? `app ${name}` : `process type ${wanted} of app ${name}`;
  throw new UsageError(`no pod of ${what} runs`, `See: nagi ps --app ${name}`);
}

/** The newest release's web first. */
function rank({ metadata, status }: Pod): number {
  const ready = status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return Number(metadata.labels?.[processLabel] !== "web") * 2 + Number(ready !== true);
}
