/**
 * The rules written down once more, straight from their definitions and without any cleverness: objects and lists,
 * exact integers, everything computed afresh. Tests hold the fast implementation against it; nothing else uses it.
 */

import { parseQuantity } from "../../model/quantity.ts";
import type {
  ContainerObject,
  NodeObject,
  NodeSelectorTerm,
  PodObject,
  QuantityMap,
  SelectorRequirement,
  TaintObject,
  TolerationObject,
} from "../snapshot/objects.ts";

export interface OraclePlacement {
  readonly pod: PodObject;
  readonly nodeName: string;
}

export interface OracleAnswer {
  /** By node name: why it does not take the pod, as the first rule that says no puts it. */
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** By node name: the total score of the nodes that take it. */
  readonly totals: ReadonlyMap<string, bigint>;
}

export function ask(
  nodes: readonly NodeObject[],
  placements: readonly OraclePlacement[],
  pod: PodObject,
): OracleAnswer {
  const rejected = new Map<string, readonly string[]>();
  const fitting: NodeObject[] = [];
  const podsOf = (node: NodeObject): PodObject[] =>
    placements.filter(({ nodeName }) => nodeName === node.metadata.name).map((placed) => placed.pod);
  for (const node of nodes) {
    const reasons = reasonsAgainst(pod, node, podsOf(node));
    if (reasons.length === 0) fitting.push(node);
    else rejected.set(node.metadata.name ?? "", reasons);
  }
  const unwanted = fitting.map((node) => unwantedTaints(pod, node));
  const mostUnwanted = Math.max(0, ...unwanted);
  const preferred = fitting.map((node) => preference(pod, node));
  const mostPreferred = Math.max(0, ...preferred);
  const totals = new Map<string, bigint>();
  for (const [index, node] of fitting.entries()) {
    const taints = mostUnwanted === 0 ? 100 : 100 - Math.floor((100 * (unwanted[index] ?? 0)) / mostUnwanted);
    const affinity = mostPreferred === 0 ? 0 : Math.floor((100 * (preferred[index] ?? 0)) / mostPreferred);
    const pods = podsOf(node);
    const total =
      BigInt(3 * taints + 2 * affinity) + leastRequested(pod, node, pods) + balanced(pod, node, pods);
    totals.set(node.metadata.name ?? "", total);
  }
  return { rejected, totals };
}

function reasonsAgainst(pod: PodObject, node: NodeObject, pods: readonly PodObject[]): readonly string[] {
  const rules = [cordon, hostName, taints, selector, ports, resources];
  for (const rule of rules) {
    const reasons = rule(pod, node, pods);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

type Rule = (pod: PodObject, node: NodeObject, pods: readonly PodObject[]) => readonly string[];

const cordon: Rule = (pod, node) => {
  const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
  if (node.spec?.unschedulable !== true) return [];
  return tolerated(pod.spec.tolerations ?? [], taint) ? [] : ["node(s) were unschedulable"];
};

const hostName: Rule = (pod, node) => {
  const wanted = pod.spec.nodeName ?? "";
  return wanted === "" || wanted === node.metadata.name
    ? []
    : ["node(s) didn't match the requested node name"];
};

const taints: Rule = (pod, node) => {
  const untolerated = (node.spec?.taints ?? [])
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .find((taint) => !tolerated(pod.spec.tolerations ?? [], taint));
  if (untolerated === undefined) return [];
  return [`node(s) had untolerated taint {${untolerated.key}: ${untolerated.value ?? ""}}`];
};

function tolerated(tolerations: readonly TolerationObject[], taint: TaintObject): boolean {
  for (const { key = "", operator = "Equal", value = "", effect = "" } of tolerations) {
    const effectMatches = effect === "" || effect === taint.effect;
    const keyMatches = key === taint.key || (key === "" && operator === "Exists");
    const valueMatches = operator === "Exists" || value === (taint.value ?? "");
    if (effectMatches && keyMatches && valueMatches) return true;
  }
  return false;
}

const selector: Rule = (pod, node) => {
  const labels = node.metadata.labels ?? {};
  const plain = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const affine = terms === undefined || terms.some((term) => termMatches(term, node));
  return plain && affine ? [] : ["node(s) didn't match Pod's node affinity/selector"];
};

function termMatches(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: NodeObject,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  if (![...matchExpressions, ...matchFields].every(makesSense)) return false;
  if (matchFields.some(({ values = [] }) => values.length !== 1)) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => requirementMatches(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => requirementMatches(requirement, node.metadata.name))
  );
}

/** A requirement that makes no sense makes its term match nothing. */
function makesSense({ operator, values = [] }: SelectorRequirement): boolean {
  if (operator === "In" || operator === "NotIn") return values.length > 0;
  if (operator === "Exists" || operator === "DoesNotExist") return values.length === 0;
  return values.length === 1 && Number.isInteger(Number(values[0]));
}

function requirementMatches(
  { operator, values = [] }: SelectorRequirement,
  value: string | undefined,
): boolean {
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const [left, right] = [Number(value), Number(values[0])];
  if (value === undefined || !Number.isInteger(left) || !Number.isInteger(right)) return false;
  return operator === "Gt" ? left > right : left < right;
}

interface Port {
  readonly port: number;
  readonly protocol: string;
  readonly address: string;
}

const ports: Rule = (pod, _node, pods) => {
  const held = pods.flatMap(portsOf);
  const taken = portsOf(pod).some((port) => held.some((other) => sharesPort(port, other)));
  return taken ? ["node(s) didn't have free ports for the requested pod ports"] : [];
};

function portsOf(pod: PodObject): Port[] {
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports: list = [] }) => list)
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ hostPort = 0, protocol = "TCP", hostIP = "0.0.0.0" }) => ({
      port: hostPort,
      protocol,
      address: hostIP,
    }));
}

export function sharesPort(a: Port, b: Port): boolean {
  const everywhere = a.address === "0.0.0.0" || b.address === "0.0.0.0";
  return a.port === b.port && a.protocol === b.protocol && (everywhere || a.address === b.address);
}

const resources: Rule = (pod, node, pods) => {
  const offered = (name: string): bigint => amount(name, node.status?.allocatable?.[name] ?? "0");
  const used = (name: string): bigint => pods.reduce((sum, other) => sum + requested(other, name), 0n);
  const reasons = BigInt(pods.length) + 1n > offered("pods") ? ["Too many pods"] : [];
  for (const name of resourceNames(pod)) {
    const wanted = requested(pod, name);
    if (wanted > 0n && wanted > offered(name) - used(name)) reasons.push(`Insufficient ${name}`);
  }
  return reasons;
};

function resourceNames(pod: PodObject): string[] {
  const { containers, initContainers = [], overhead = {}, resources: own } = pod.spec;
  const names = new Set([...Object.keys(overhead), ...Object.keys(own?.requests ?? {})]);
  for (const { resources: { requests = {} } = {} } of [...containers, ...initContainers]) {
    for (const name of Object.keys(requests)) names.add(name);
  }
  names.delete("pods");
  return [...names];
}

function amount(name: string, quantity: string): bigint {
  const { nanos } = parseQuantity(quantity);
  const unit = name === "cpu" ? 1_000_000n : 1_000_000_000n;
  return (nanos + unit - 1n) / unit;
}

/** What the pod needs at its hungriest moment, with `missing` for containers that say nothing. */
export function requested(pod: PodObject, name: string, missing = "0"): bigint {
  const of = ({ resources: { requests = {} } = {} }: ContainerObject): bigint =>
    amount(name, requests[name] ?? missing);
  const overhead = amount(name, pod.spec.overhead?.[name] ?? "0");
  const whole: QuantityMap = pod.spec.resources?.requests ?? {};
  const wholePod = name === "cpu" || name === "memory" || name.startsWith("hugepages-");
  if (wholePod && whole[name] !== undefined) return amount(name, whole[name]) + overhead;
  const moments: bigint[] = [];
  let sidecars = 0n;
  for (const container of pod.spec.initContainers ?? []) {
    moments.push(sidecars + of(container));
    if (container.restartPolicy === "Always") sidecars += of(container);
  }
  moments.push(pod.spec.containers.reduce((sum, container) => sum + of(container), sidecars));
  return moments.reduce((most, moment) => (moment > most ? moment : most)) + overhead;
}

function unwantedTaints(pod: PodObject, node: NodeObject): number {
  const list = (node.spec?.taints ?? []).filter(({ effect }) => effect === "PreferNoSchedule");
  return list.filter((taint) => !tolerated(pod.spec.tolerations ?? [], taint)).length;
}

function preference(pod: PodObject, node: NodeObject): number {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms
    .filter(({ preference: term }) => termMatches(term, node))
    .reduce((sum, { weight }) => sum + weight, 0);
}

const assumed: QuantityMap = { cpu: "100m", memory: "200Mi" };

function leastRequested(pod: PodObject, node: NodeObject, pods: readonly PodObject[]): bigint {
  let sum = 0n;
  let count = 0n;
  for (const name of ["cpu", "memory"]) {
    const offered = amount(name, node.status?.allocatable?.[name] ?? "0");
    if (offered === 0n) continue;
    const used = [...pods, pod].reduce((total, each) => total + requested(each, name, assumed[name]), 0n);
    if (used <= offered) sum += ((offered - used) * 100n) / offered;
    count++;
  }
  return count === 0n ? 0n : sum / count;
}

function balanced(pod: PodObject, node: NodeObject, pods: readonly PodObject[]): bigint {
  if (requested(pod, "cpu") === 0n && requested(pod, "memory") === 0n) return 0n;
  return 50n + (50n + evenness(node, [...pods, pod]) - evenness(node, pods)) / 2n;
}

function evenness(node: NodeObject, pods: readonly PodObject[]): bigint {
  const shares: number[] = [];
  for (const name of ["cpu", "memory"]) {
    const offered = amount(name, node.status?.allocatable?.[name] ?? "0");
    if (offered === 0n) continue;
    const used = pods.reduce((total, each) => total + requested(each, name), 0n);
    shares.push(Math.min(1, Number(used) / Number(offered)));
  }
  const [cpu, memory] = shares;
  const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs((cpu - memory) / 2);
  return BigInt(Math.trunc((1 - deviation) * 100));
}
