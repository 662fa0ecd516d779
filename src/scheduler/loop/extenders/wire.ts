/**
 * What kube-scheduler and its extenders send each other: JSON with the names of Go's fields. Go reads them in any
 * case, and extenders in the field write them in several, so they are read in any case here too.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/scheduling/scheduler_extender.md
 */

import type { NodeObject, PodObject } from "../../snapshot/objects.ts";

export interface NodeListWire {
  readonly items: readonly NodeObject[];
}

/** Of filter and prioritize. */
export interface ArgsWire {
  readonly pod: PodObject;
  readonly nodes?: NodeListWire | undefined;
  readonly nodeNames?: readonly string[] | undefined;
}

export interface FilterResultWire {
  readonly nodes?: NodeListWire | undefined;
  readonly nodeNames?: readonly string[] | undefined;
  readonly failedNodes: Readonly<Record<string, string>>;
  readonly failedAndUnresolvableNodes: Readonly<Record<string, string>>;
  readonly error: string;
}

export interface HostPriorityWire {
  readonly host: string;
  readonly score: number;
}

export interface BindingArgsWire {
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  readonly node: string;
}

/** Of one node: the victims by uid. */
export interface VictimsWire {
  readonly uids: readonly string[];
  readonly violations: number;
}

type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${what} is no object`);
}

/** The field of that name in any case. */
function field(fields: Fields, name: string): unknown {
  if (fields[name] !== undefined) return fields[name];
  const lower = name.toLowerCase();
  const key = Object.keys(fields).find((each) => each.toLowerCase() === lower);
  return key === undefined ? undefined : fields[key];
}

function text(fields: Fields, name: string): string {
  const value = field(fields, name);
  return typeof value === "string" ? value : "";
}

function texts(value: unknown, what: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new Error(`${what} is no list of names`);
}

function nodeList(value: unknown): NodeListWire | undefined {
  if (value === undefined || value === null) return undefined;
  const items = field(fieldsOf(value, "Nodes"), "items") ?? [];
  if (!Array.isArray(items)) throw new Error("Nodes.items is no list");
  return { items: items.map((item) => fieldsOf(item, "a node") as unknown as NodeObject) };
}

function textMap(value: unknown, what: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(fieldsOf(value, what)).map(([key, each]) => [key, String(each)] as const);
  return Object.fromEntries(entries);
}

export function readArgs(value: unknown): ArgsWire {
  const fields = fieldsOf(value, "ExtenderArgs");
  const pod = fieldsOf(field(fields, "Pod"), "Pod") as unknown as PodObject;
  if (!Array.isArray(pod.spec?.containers)) throw new Error("Pod.spec.containers is no list");
  return {
    pod,
    nodes: nodeList(field(fields, "Nodes")),
    nodeNames: texts(field(fields, "NodeNames"), "NodeNames"),
  };
}

export function readFilterResult(value: unknown): FilterResultWire {
  const fields = fieldsOf(value, "ExtenderFilterResult");
  return {
    nodes: nodeList(field(fields, "Nodes")),
    nodeNames: texts(field(fields, "NodeNames"), "NodeNames"),
    failedNodes: textMap(field(fields, "FailedNodes"), "FailedNodes"),
    failedAndUnresolvableNodes: textMap(
      field(fields, "FailedAndUnresolvableNodes"),
      "FailedAndUnresolvableNodes",
    ),
    error: text(fields, "Error"),
  };
}

export function readHostPriorities(value: unknown): readonly HostPriorityWire[] {
  if (!Array.isArray(value)) throw new Error("HostPriorityList is no list");
  return value.map((each) => {
    const fields = fieldsOf(each, "a HostPriority");
    const score = field(fields, "Score");
    if (typeof score !== "number" || !Number.isSafeInteger(score))
      throw new Error("a Score is no whole number");
    return { host: text(fields, "Host"), score };
  });
}

export function readBindingArgs(value: unknown): BindingArgsWire {
  const fields = fieldsOf(value, "ExtenderBindingArgs");
  return {
    podName: text(fields, "PodName"),
    podNamespace: text(fields, "PodNamespace"),
    podUid: text(fields, "PodUID"),
    node: text(fields, "Node"),
  };
}

/** Of `ExtenderBindingResult`: why it did not work, or nothing. */
export function readError(value: unknown): string {
  return value === null || value === undefined ? "" : text(fieldsOf(value, "the answer"), "Error");
}

export interface PreemptionArgsWire {
  readonly pod: PodObject;
  readonly victims: ReadonlyMap<string, VictimsWire>;
}

export function readPreemptionArgs(value: unknown): PreemptionArgsWire {
  const fields = fieldsOf(value, "ExtenderPreemptionArgs");
  const { pod } = readArgs(value);
  const meta = field(fields, "NodeNameToMetaVictims");
  const victims =
    meta === undefined || meta === null
      ? readVictims(field(fields, "NodeNameToVictims"), (each) =>
          text(fieldsOf(each["metadata"], "a pod"), "uid"),
        )
      : readVictims(meta, (each) => text(each, "UID"));
  return { pod, victims };
}

export function readPreemptionResult(value: unknown): ReadonlyMap<string, VictimsWire> {
  const fields = fieldsOf(value, "ExtenderPreemptionResult");
  return readVictims(field(fields, "NodeNameToMetaVictims"), (each) => text(each, "UID"));
}

function readVictims(value: unknown, uidOf: (pod: Fields) => string): ReadonlyMap<string, VictimsWire> {
  const found = new Map<string, VictimsWire>();
  if (value === undefined || value === null) return found;
  for (const [node, each] of Object.entries(fieldsOf(value, "the victims by node"))) {
    const fields = fieldsOf(each ?? {}, "the victims of a node");
    const pods = field(fields, "Pods") ?? [];
    if (!Array.isArray(pods)) throw new Error("Pods is no list");
    const violations = Number(field(fields, "NumPDBViolations") ?? 0);
    found.set(node, { uids: pods.map((pod) => uidOf(fieldsOf(pod, "a pod"))), violations });
  }
  return found;
}

export function victimsText(victims: ReadonlyMap<string, VictimsWire>): Fields {
  return Object.fromEntries(
    [...victims].map(([node, { uids, violations }]) => [
      node,
      { Pods: uids.map((UID) => ({ UID })), NumPDBViolations: violations },
    ]),
  );
}
