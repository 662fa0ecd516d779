/** What a simulation starts from and what it is to try, from flags, files and the live cluster. */

import { readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/meta.ts";
import { builtinProfile, profileFromText, type NamedProfile } from "../../scheduler/simulate/profile-of.ts";
import type { AddedNodes, Scenario } from "../../scheduler/simulate/scenario.ts";
import { podsLike, podsOfManifest } from "../../scheduler/simulate/templates.ts";
import { worldOf, type World } from "../../scheduler/simulate/world.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { liveWorld } from "./live-world.ts";
import { manifestsOf } from "../manifests.ts";

const fileBytesMax = 512 * 1024 ** 2;
/** Aliases in YAML may make a small file into a huge one. */
const aliasesMax = 100;

export async function worldFrom(context: CommandContext): Promise<World> {
  const files = context.texts("file");
  if (files.length === 0) return await liveWorld(await context.client());
  const objects: KubeObject[] = [];
  for (const file of files) {
    const text = file === "-" ? await context.terminal.readInput() : readText(context, file);
    objects.push(...objectsIn(file, text));
  }
  const world = worldOf(objects);
  if (world.nodes.length > 0 || (context.number("add-nodes") ?? 0) > 0) return world;
  throw new UsageError(
    `there are no nodes in ${files.join(", ")}`,
    "Write one: kubectl get nodes,pods -A -o json > cluster.json",
  );
}

function readText(context: CommandContext, file: string): string {
  const path = resolve(context.host.cwd, file);
  try {
    const { size } = statSync(path);
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, allowed ${fileBytesMax}`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`);
  }
}

/** JSON is read as such: many times faster than as YAML, of which it is a part. */
function objectsIn(file: string, text: string): KubeObject[] {
  try {
    const values: unknown[] = text.trimStart().startsWith("{")
      ? [JSON.parse(text)]
      : parseAllDocuments(text).map((document) => {
          const [fault] = document.errors;
          if (fault !== undefined) throw fault;
          return document.toJS({ maxAliasCount: aliasesMax }) as unknown;
        });
    return values.flatMap((value) => itemsOf(value));
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`);
  }
}

function itemsOf(value: unknown): KubeObject[] {
  if (value === null || value === undefined) return [];
  const { kind, items, metadata } = value as { kind?: unknown; items?: unknown; metadata?: unknown };
  if (typeof kind !== "string") throw new Error("an object without a kind");
  if (kind.endsWith("List") && Array.isArray(items)) {
    // Items of a NodeList do not repeat their kind.
    const implied = kind.slice(0, -"List".length);
    return items.flatMap((item: object) => itemsOf(implied === "" ? item : { kind: implied, ...item }));
  }
  if (typeof metadata !== "object" || metadata === null) throw new Error(`a ${kind} without metadata`);
  return [value as KubeObject];
}

export const pluginOption: Option = {
  name: "plugin",
  type: "string",
  value: "MODULE",
  multiple: true,
  description: "A plugin besides the built-in ones: a folder, file or npm package.",
};

export async function profilesFrom(context: CommandContext): Promise<readonly NamedProfile[]> {
  const files = context.texts("policy");
  const plugins = await context.host.schedulerPlugins(context.texts("plugin"));
  if (files.length === 0) return [builtinProfile(plugins)];
  return files.map((file) => {
    if (file === "default") return builtinProfile(plugins);
    const found = profileFromText(basename(file), readText(context, file), plugins);
    for (const warning of found.warnings) context.terminal.note(`${file}: ${warning}`);
    return found;
  });
}

export async function scenarioFrom(context: CommandContext, world: World): Promise<Scenario> {
  return {
    addNodes: addedNodes(context, world),
    removeNodes: context.texts("remove-node"),
    drain: context.texts("drain"),
    addPods: await addedPods(context, world),
    rescheduleAll: context.flag("reschedule-all"),
  };
}

/** `--like` names a node, a pod, or one of each: `node/a`, `pod/b`, or a bare name. */
function likes(context: CommandContext, type: "node" | "pod"): string | undefined {
  for (const word of context.texts("like")) {
    const [prefix, ...rest] = word.split("/");
    if (prefix === type && rest.length > 0) return rest.join("/");
    if (prefix !== "node" && prefix !== "pod") return word;
  }
  return undefined;
}

function addedNodes(context: CommandContext, world: World): AddedNodes | undefined {
  const count = context.number("add-nodes");
  if (count === undefined) return undefined;
  const wanted = context.texts("like").length === 0 ? undefined : likes(context, "node");
  const like =
    wanted === undefined ? world.nodes[0] : world.nodes.find(({ metadata }) => metadata.name === wanted);
  if (wanted !== undefined && like === undefined && context.number("add-pods") === undefined)
    throw new UsageError(`there is no node ${wanted} to be like`, "The nodes there are: nagi nodes");
  const [cpu, memory] = [context.text("cpu"), context.text("memory")];
  const allocatable = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  return { count, like, allocatable, labels: labelsFrom(context) };
}

function labelsFrom(context: CommandContext): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const word of context.texts("labels").flatMap((list) => list.split(","))) {
    const equals = word.indexOf("=");
    if (equals <= 0) throw new UsageError(`--labels is ${JSON.stringify(word)}: must be KEY=VALUE,...`);
    labels[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return labels;
}

async function addedPods(context: CommandContext, world: World) {
  const count = context.number("add-pods");
  const manifests = context.texts("filename").length === 0 ? [] : await manifestsFrom(context);
  const made = manifests.flatMap((object) => podsOfManifest(object, count ?? 1));
  if (manifests.length > 0) {
    if (made.length > 0) return made;
    throw new UsageError(
      "the manifest makes no pods",
      "Kinds that do: Pod, Deployment, StatefulSet, Job, ReplicaSet",
    );
  }
  if (count === undefined) return [];
  const wanted = likes(context, "pod");
  if (wanted === undefined)
    throw new UsageError(
      "--add-pods needs --like POD or -f MANIFEST",
      "For instance: --add-pods 10 --like hello-1",
    );
  const [first = "", second] = wanted.split("/");
  const [namespace, name] = second === undefined ? [undefined, first] : [first, second];
  const like = world.pods.find(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  if (like === undefined)
    throw new UsageError(
      `there is no pod ${wanted} to be like`,
      "The pods: nagi get pods -A. Beside --add-nodes, say which is which: --like node/NAME --like pod/NAME",
    );
  return podsLike(like, count);
}

/** Without the API when the cluster is in a file: the namespace is then the flag's or default. */
async function manifestsFrom(context: CommandContext): Promise<KubeObject[]> {
  if (context.texts("file").length === 0) return await manifestsOf(context);
  const namespace = context.text("namespace") ?? "default";
  return await manifestsOf({ ...context, namespace: () => Promise.resolve(namespace) });
}
