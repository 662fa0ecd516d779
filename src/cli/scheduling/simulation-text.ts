/** A simulation as text for a terminal, or two side by side. */

import type { PendingPod, Placement, Simulation } from "../../scheduler/simulate/simulate.ts";
import { balanceOf, share, type Usage } from "../../scheduler/simulate/usage.ts";
import { wrap, wrappedTable } from "../wrapped-table.ts";

export interface NamedSimulation {
  readonly name: string;
  readonly simulation: Simulation;
}

export interface SimulationTextOptions {
  readonly width: number;
  /** All pods and nodes, however many. */
  readonly all: boolean;
}

const shownMax = 12;

export function simulationText(
  { simulation }: NamedSimulation,
  { width, all }: SimulationTextOptions,
): string {
  const limit = all ? Number.POSITIVE_INFINITY : shownMax;
  const blocks = [
    wrap(summaryOf(simulation), width).join("\n"),
    pendingTable(simulation.pending, width),
    placementTable(simulation.placements, { width, limit }),
    lostTable(simulation, { width, limit }),
    zoneTable(simulation, width),
    nodeTable(simulation, { width, limit }),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function summaryOf({ placements, pending, lost, after }: Simulation): string {
  const nodes = plural(after.nodes.length, "node");
  const parts = [`${plural(placements.length, "pod")} placed`, `${pending.length} pending`];
  if (lost.length > 0) parts.push(`${lost.length} lost`);
  const cpu = percent(share(after.total.requested.milliCpu, after.total.offered.milliCpu));
  const memory = percent(share(after.total.requested.memoryBytes, after.total.offered.memoryBytes));
  return `On ${nodes}: ${parts.join(", ")}. Then ${cpu} of the cpu and ${memory} of the memory are asked for.`;
}

/** Pods that wait for the same reason are one line. */
function pendingTable(pending: readonly PendingPod[], width: number): string {
  if (pending.length === 0) return "";
  const groups = Map.groupBy(pending, ({ message }) => message);
  const rows = [...groups].map(([message, pods]) => [podNames(pods), message]);
  return wrappedTable([["STAYS PENDING", "WHY"], ...rows], { width });
}

function podNames(pods: readonly PendingPod[]): string {
  const [first] = pods;
  const name = first === undefined ? "" : keyOf(first);
  return pods.length === 1 ? name : `${name} and ${pods.length - 1} more`;
}

interface Limits {
  readonly width: number;
  readonly limit: number;
}

function placementTable(placements: readonly Placement[], { width, limit }: Limits): string {
  if (placements.length === 0) return "";
  const shown = placements.slice(0, limit);
  const rows = shown.map((placement) => [
    keyOf(placement),
    placement.from ?? "-",
    placement.node,
    scoreText(placement),
  ]);
  return (
    wrappedTable([["POD", "FROM", "TO", "SCORE"], ...rows], { width }) +
    more(placements.length - shown.length, "pod")
  );
}

function scoreText({ total, ties, cause }: Placement): string {
  const drawn = ties > 1 ? `, of ${ties} equal` : "";
  return `${total}${drawn}${cause === "preempted" ? ", was evicted for another" : ""}`;
}

function lostTable({ lost }: Simulation, { width, limit }: Limits): string {
  if (lost.length === 0) return "";
  const rows = lost.slice(0, limit).map(({ pod, from, why }) => [keyOf({ pod }), from, why]);
  const heading = ["GONE FOR GOOD", "FROM", "WHY"];
  return wrappedTable([heading, ...rows], { width }) + more(lost.length - rows.length, "pod");
}

function zoneTable({ before, after }: Simulation, width: number): string {
  const rows = after.zones.map((zone) => {
    const then = before.zones.find(({ name }) => name === zone.name);
    return [zone.name === "" ? "(no zone)" : zone.name, String(zone.nodes), ...shareCells(then, zone)];
  });
  const total = ["total", String(after.nodes.length), ...shareCells(before.total, after.total)];
  const isOne = rows.length < 2;
  return wrappedTable([["ZONE", "NODES", "PODS", "CPU", "MEMORY"], ...(isOne ? [] : rows), total], { width });
}

/** The nodes on which most changes come first when not all are shown. */
function nodeTable({ before, after }: Simulation, { width, limit }: Limits): string {
  const earlier = new Map(before.nodes.map((node) => [node.name, node]));
  const change = (node: Usage): number =>
    Math.abs(node.requested.pods - (earlier.get(node.name)?.requested.pods ?? 0));
  const chosen = new Set(
    after.nodes.length <= limit
      ? after.nodes
      : after.nodes.toSorted((a, b) => change(b) - change(a)).slice(0, limit),
  );
  const rows = after.nodes
    .filter((node) => chosen.has(node))
    .map((node) => {
      const state = node.unschedulable ? "cordoned" : earlier.has(node.name) ? "" : "new";
      return [node.name, ...shareCells(earlier.get(node.name), node), state];
    });
  const removed = before.nodes
    .filter(({ name }) => after.nodes.every((node) => node.name !== name))
    .map((node) => [node.name, `${node.requested.pods} -> -`, "", "", "removed"]);
  const table = wrappedTable([["NODE", "PODS", "CPU", "MEMORY", ""], ...rows, ...removed], { width });
  return table + more(after.nodes.length - rows.length, "node");
}

function shareCells(before: Usage | undefined, after: Usage): string[] {
  const cells = (usage: Usage): string[] => [
    String(usage.requested.pods),
    percent(share(usage.requested.milliCpu, usage.offered.milliCpu)),
    percent(share(usage.requested.memoryBytes, usage.offered.memoryBytes)),
  ];
  const now = cells(after);
  if (before === undefined) return now;
  const then = cells(before);
  return now.map((cell, index) => (then[index] === cell ? cell : `${then[index]} -> ${cell}`));
}

/** Two or more policies, one column each. */
export function comparisonText(
  simulations: readonly NamedSimulation[],
  { width, all }: SimulationTextOptions,
): string {
  const limit = all ? Number.POSITIVE_INFINITY : shownMax;
  const names = simulations.map(({ name }) => name);
  const blocks = [
    wrappedTable([["", ...names], ...figureRows(simulations)], { width }),
    differences(simulations, { width, limit }),
    ...simulations
      .filter(({ simulation }) => simulation.pending.length > 0)
      .map(({ name, simulation }) => `With ${name}:\n${pendingTable(simulation.pending, width)}`),
    sharesByNode(simulations, { width, limit }),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function figureRows(simulations: readonly NamedSimulation[]): string[][] {
  const row = (name: string, value: (simulation: Simulation) => string): string[] => [
    name,
    ...simulations.map(({ simulation }) => value(simulation)),
  ];
  const balance = ({ after }: Simulation) => balanceOf(after);
  return [
    row("pods placed", ({ placements }) => String(placements.length)),
    row("pods pending", ({ pending }) => String(pending.length)),
    row("nodes in use", (simulation) => String(balance(simulation).usedNodes)),
    row("nodes empty", (simulation) => String(balance(simulation).emptyNodes)),
    row("fullest node, cpu", (simulation) => percent(balance(simulation).highestCpuShare)),
    row("fullest node, memory", (simulation) => percent(balance(simulation).highestMemoryShare)),
    row("deviation of cpu", (simulation) => percent(balance(simulation).cpuDeviation)),
    row("deviation of memory", (simulation) => percent(balance(simulation).memoryDeviation)),
  ];
}

function differences(simulations: readonly NamedSimulation[], { width, limit }: Limits): string {
  const places = simulations.map(
    ({ simulation }) => new Map(simulation.placements.map((placement) => [keyOf(placement), placement.node])),
  );
  const keys = new Set(places.flatMap((place) => [...place.keys()]));
  const rows = [...keys]
    .map((key) => [key, ...places.map((place) => place.get(key) ?? "pending")])
    .filter(([, first, ...others]) => others.some((place) => place !== first));
  if (rows.length === 0) return "Every pod goes to the same node.";
  const heading = ["PLACED DIFFERENTLY", ...simulations.map(({ name }) => name.toUpperCase())];
  return wrappedTable([heading, ...rows.slice(0, limit)], { width }) + more(rows.length - limit, "pod");
}

function sharesByNode(simulations: readonly NamedSimulation[], { width, limit }: Limits): string {
  const [first] = simulations;
  const nodes = first?.simulation.after.nodes ?? [];
  const rows = nodes.slice(0, limit).map(({ name }) => [
    name,
    ...simulations.map(({ simulation }) => {
      const node = simulation.after.nodes.find((each) => each.name === name);
      return node === undefined ? "-" : shareCells(undefined, node).join(" / ");
    }),
  ]);
  const heading = ["NODE: PODS / CPU / MEMORY", ...simulations.map(({ name }) => name.toUpperCase())];
  return wrappedTable([heading, ...rows], { width }) + more(nodes.length - rows.length, "node");
}

function keyOf({ pod }: { readonly pod: PendingPod["pod"] }): string {
  return `${pod.metadata.namespace ?? "default"}/${pod.metadata.name ?? ""}`;
}

function percent(value: number): string {
  return `${Math.round(value * 100)}%`;
}

function more(count: number, noun: string): string {
  return count > 0 ? `\n... and ${plural(count, `more ${noun}`)}: see --all` : "";
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
