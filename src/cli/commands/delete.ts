import { isNotFound } from "../../model/status.ts";
import type { Client } from "../../client/client.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { fileOption, manifestsOf } from "../manifests.ts";
import { kindOf, parseTargets, type NamedObject } from "../resources.ts";
import { pause, pollMs } from "../wait.ts";

const waitMaxMs = 10 * 60_000;

export const command: Command = {
  name: "delete",
  group: "Objects",
  summary: "Delete objects by name, by selector or of a file.",
  usage: "RESOURCE NAME ... | RESOURCE/NAME ... | RESOURCE -l SELECTOR | -f FILE",
  options: [
    fileOption,
    {
      name: "selector",
      short: "l",
      type: "string",
      value: "SELECTOR",
      description: "Label selector of what to delete.",
    },
    { name: "all", type: "boolean", description: "All objects of the resource in the namespace." },
    {
      name: "grace-period",
      type: "number",
      value: "SECONDS",
      description: "Time that pods get to end; 0 is at once.",
    },
    { name: "force", type: "boolean", description: "At once, without waiting for the node to confirm." },
    { name: "ignore-not-found", type: "boolean", description: "What is gone already is no failure." },
    { name: "no-wait", type: "boolean", description: "Do not wait until the objects are gone." },
  ],
  examples: ["nagi delete pod hello", "nagi delete -f hello-pod.json", "nagi delete pods -l app=web"],
  async run(context) {
    const client = await context.client();
    const gracePeriodSeconds = context.flag("force") ? 0 : context.number("grace-period");
    const deleted: (NamedObject & { readonly uid: string | undefined })[] = [];
    let failures = 0;
    for (const target of await targetsOf(context, client)) {
      try {
        const { metadata } = await client.get(target.kind, target.ref);
        await client.delete(target.kind, target.ref, { gracePeriodSeconds, propagationPolicy: "Background" });
        const { group, singular } = target.kind;
        context.terminal.print(`${singular}${group === "" ? "" : `.${group}`} "${target.ref.name}" deleted`);
        deleted.push({ ...target, uid: metadata.uid });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        if (context.flag("ignore-not-found")) continue;
        context.terminal.note(`error: ${error.message}`);
        failures++;
      }
    }
    if (!context.flag("no-wait")) for (const target of deleted) await untilGone(context, client, target);
    return failures === 0 ? 0 : 1;
  },
};

async function targetsOf(context: CommandContext, client: Client): Promise<NamedObject[]> {
  if (context.texts("filename").length > 0)
    return await Promise.all(
      (await manifestsOf(context)).map(async (object) => {
        const kind = await kindOf(client, object);
        const namespace = kind.namespaced ? object.metadata.namespace : undefined;
        return { kind, ref: { namespace, name: object.metadata.name ?? "" } };
      }),
    );
  const given = context.text("selector")?.trim();
  // Of a variable that is empty: it would choose everything.
  const selector = given === "" ? undefined : given;
  const named: NamedObject[] = [];
  for (const { kind, names } of await parseTargets(client, context.args)) {
    const namespace = kind.namespaced ? await context.namespace() : undefined;
    if (names.length === 0 && selector === undefined && !context.flag("all"))
      throw new UsageError(
        "resource(s) were provided, but no name was specified",
        "Give names, a selector (-l), or --all",
      );
    const found =
      names.length > 0
        ? names
        : (await client.list(kind, { namespace, labelSelector: selector })).items.map(
            ({ metadata }) => metadata.name ?? "",
          );
    named.push(...found.map((name) => ({ kind, ref: { namespace, name } })));
  }
  return named;
}

async function untilGone(
  context: CommandContext,
  client: Client,
  { kind, ref, uid }: NamedObject & { readonly uid: string | undefined },
): Promise<void> {
  const startMs = Date.now();
  for (;;) {
    try {
      const { metadata } = await client.get(kind, ref);
      if (metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (Date.now() - startMs > waitMaxMs) throw new Error(`${kind.singular} ${ref.name} is still there`);
    await pause(pollMs, context.signal);
  }
}
