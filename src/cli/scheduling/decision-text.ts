/**
 * A scheduling decision as text for a terminal: what was decided and by whom, how many nodes said what, then the
 * nodes with every rule that says no, the scores, and what would help.
 */

import type {
  NodeDecision,
  PredicateVerdict,
  SchedulingDecision,
  SchedulingDecisionSpec,
  Suggestion,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { someOf, wrap, wrappedTable } from "../wrapped-table.ts";

export interface DecisionTextOptions {
  readonly width: number;
  /** Every node that the decision tells of, and every rule, also those that agree. */
  readonly all?: boolean | undefined;
  /** This node only, with everything about it. */
  readonly node?: string | undefined;
  /** Worked out just now, of a pod that waits or one that has a node. */
  readonly now?: { readonly isBound: boolean } | undefined;
}

/** How many nodes are shown when not all are wanted, and of how many the scores. */
const shownNodesMax = 8;
const shownScoresMax = 2;
/** Names of nodes need this much room beside a reason. */
const instancesMin = 16;

export function renderDecision({ spec }: SchedulingDecision, options: DecisionTextOptions): string {
  const blocks =
    options.node === undefined ? overview(spec, options) : [oneNode(spec, options.node, options)];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function overview(spec: SchedulingDecisionSpec, options: DecisionTextOptions): string[] {
  const shown = options.all === true ? (spec.nodes ?? []) : tellingNodes(spec);
  const scored = shown.filter(({ scores = [] }) => scores.length > 0);
  return [
    headline(spec, options),
    reasonTable(spec, options),
    nodeTable(spec, shown, options),
    scoreTable(options.all === true ? scored : scored.slice(0, shownScoresMax), options),
    tieNote(spec, options),
    helpText(spec, options),
  ];
}

function headline(spec: SchedulingDecisionSpec, { width, now }: DecisionTextOptions): string {
  const pod = `${spec.pod.namespace ?? "default"}/${spec.pod.name}`;
  if (now !== undefined) return wrap(sentenceNow(spec, pod, now), width).join("\n");
  const at = spec.decidedAt === undefined ? "" : ` at ${spec.decidedAt}`;
  const by = `Decided by ${spec.scheduler ?? "the scheduler"}${at}.`;
  return [...wrap(sentence(spec, pod), width), by].join("\n");
}

function sentence(spec: SchedulingDecisionSpec, pod: string): string {
  const { evaluatedNodes: looked, feasibleNodes: fitting = 0 } = spec;
  if (spec.outcome === "Scheduled") {
    const best =
      looked === undefined ? "" : `: the best of ${plural(fitting, "node")} that fit, of ${looked} looked at`;
    return `Pod ${pod} was placed on ${spec.node ?? "a node"}${best}.`;
  }
  if (spec.outcome === "Unschedulable" && hasReasonTable(spec))
    return `Pod ${pod} is waiting for a node: none of ${looked ?? 0} takes it.`;
  return `Pod ${pod} ${outcomeWords[spec.outcome]}${spec.message === undefined ? "." : `: ${spec.message}`}`;
}

/** What is tried now has been decided by nobody. */
function sentenceNow(spec: SchedulingDecisionSpec, pod: string, { isBound }: { isBound: boolean }): string {
  const { node, outcome, evaluatedNodes = 0, feasibleNodes = 0 } = spec;
  if (outcome !== "Scheduled") return sentence(spec, pod);
  const fitting = plural(feasibleNodes, "node");
  if (!isBound)
    return `Pod ${pod} would be placed on ${node}: the best of ${fitting} that fit, of ${evaluatedNodes} looked at.`;
  const verdict = spec.nodes?.find(({ name }) => name === node)?.feasible;
  const here = verdict === false ? "which would not take it now" : "which would take it now too";
  return `Pod ${pod} is on ${node}, ${here}; ${fitting} of ${evaluatedNodes} would.`;
}

const outcomeWords = {
  Unschedulable: "is waiting for a node",
  Gated: "is not to be placed yet",
  Error: "could not be decided about",
} as const;

/** Worth it only where there are many nodes: the node table says the same of few. */
function hasReasonTable({
  reasons = [],
  evaluatedNodes = 0,
}: Pick<SchedulingDecisionSpec, "reasons" | "evaluatedNodes">): boolean {
  return reasons.length > 0 && evaluatedNodes > shownNodesMax;
}

function reasonTable(
  { reasons = [], nodes = [], evaluatedNodes = 0 }: SchedulingDecisionSpec,
  { width }: DecisionTextOptions,
): string {
  if (!hasReasonTable({ reasons, evaluatedNodes })) return "";
  const room = width - Math.max(...reasons.map(({ reason }) => reason.length)) - "NODES".length - 4;
  const rows = reasons
    .toSorted((a, b) => b.count - a.count)
    .map(({ reason, count }) => {
      const names = nodes.filter((node) => failures(node)[0]?.reason === reason).map(({ name }) => name);
      const instances = names.length === 0 || room < instancesMin ? "" : someOf(names, count, room);
      return [String(count).padStart(5), reason, instances];
    });
  return wrappedTable([["NODES", "SAY NO BECAUSE", room < instancesMin ? "" : "FOR INSTANCE"], ...rows], {
    width,
  });
}

/** Some of each verdict: the chosen node, the next best, and one of each reason in turn. */
function tellingNodes({ nodes = [], node: chosen }: SchedulingDecisionSpec): readonly NodeDecision[] {
  if (nodes.length <= shownNodesMax) return nodes;
  const first = nodes.filter(({ name }) => name === chosen);
  const fitting = nodes
    .filter(({ name, feasible }) => feasible && name !== chosen)
    .slice(0, shownNodesMax / 2);
  const byReason = [
    ...Map.groupBy(
      nodes.filter(({ feasible }) => !feasible),
      (node) =>
        failures(node)
          .map(({ plugin }) => plugin)
          .join(),
    ),
  ];
  const shown = [...first, ...fitting];
  for (let turn = 0; shown.length < Math.min(shownNodesMax, nodes.length); turn++) {
    const next = byReason.flatMap(([, members]) => members[turn] ?? []);
    if (next.length === 0) break;
    shown.push(...next.slice(0, shownNodesMax - shown.length));
  }
  return shown;
}

function nodeTable(
  spec: SchedulingDecisionSpec,
  shown: readonly NodeDecision[],
  options: DecisionTextOptions,
): string {
  if (shown.length === 0) return "";
  const rows = shown.flatMap((node) => nodeRows(spec, node, options));
  const left = (spec.evaluatedNodes ?? shown.length) - shown.length;
  const more = left <= 0 ? "" : `\n... and ${plural(left, "more node")}: see --all, or --node NODE`;
  return wrappedTable([["NODE", "VERDICT", "RULE", "WHY"], ...rows], options) + more;
}

function nodeRows(
  spec: SchedulingDecisionSpec,
  node: NodeDecision,
  { all = false }: DecisionTextOptions,
): string[][] {
  const failed = failures(node);
  const passed = (node.predicates ?? []).filter(({ verdict }) => verdict === "pass");
  const isChosen = node.name === spec.node;
  const verdict = node.feasible ? (isChosen ? "chosen" : "fits") : isChosen ? "rejects, has it" : "rejected";
  const score = node.total === undefined ? "" : `score ${node.total}`;
  const said = failed.map((predicate) => [ruleName(predicate, all), why(predicate)]);
  if (all) said.push(...passed.map((predicate) => [ruleName(predicate, all), "agrees"]));
  if (node.feasible && !all) said.unshift([passed.length === 0 ? "-" : `all ${passed.length} agree`, score]);
  else if (node.feasible) said.unshift(["", score]);
  else if (said.length === 0) said.push(["-", ""]);
  return said.map((cells, index) => (index === 0 ? [node.name, verdict, ...cells] : ["", "", ...cells]));
}

function oneNode(spec: SchedulingDecisionSpec, name: string, options: DecisionTextOptions): string {
  const node = (spec.nodes ?? []).find((each) => each.name === name);
  if (node === undefined) return "";
  const blocks = [
    headline(spec, options),
    nodeTable({ ...spec, evaluatedNodes: 1 }, [node], { ...options, all: true }),
  ];
  if ((node.scores ?? []).length > 0) blocks.push(scoreTable([node], options));
  return blocks.join("\n\n");
}

function failures({ predicates = [] }: NodeDecision): readonly PredicateVerdict[] {
  return predicates.filter(({ verdict }) => verdict === "fail" || verdict === "error");
}

/** With its name in OpenShift v3 where there is room for it. */
function ruleName({ plugin, policyName }: PredicateVerdict, full: boolean): string {
  return !full || policyName === undefined || policyName === plugin ? plugin : `${plugin} (${policyName})`;
}

/** Reasons that count nodes ("node(s) had ...") say less of one node than their detail does. */
function why({ reason = "no", detail }: PredicateVerdict): string {
  if (detail === undefined) return reason.replace(/^node[(]s[)] /, "");
  return reason.startsWith("node(s)") || reason.startsWith("Insufficient ") ? detail : `${reason}: ${detail}`;
}

function scoreTable(scored: readonly NodeDecision[], options: DecisionTextOptions): string {
  if (scored.length === 0) return "";
  const rows = [["NODE", "SCORE", "RAW", "NORMALISED", "WEIGHT", "WEIGHTED"]];
  for (const node of scored) {
    for (const [index, score] of (node.scores ?? []).entries()) {
      const numbers = [score.raw, score.normalized, score.weight, score.weighted].map(String);
      rows.push([index === 0 ? node.name : "", score.plugin, ...numbers]);
    }
    rows.push(["", "total", "", "", "", String(node.total ?? 0)]);
  }
  return wrappedTable(rows, options);
}

function tieNote({ tie, node }: SchedulingDecisionSpec, { width }: DecisionTextOptions): string {
  if (tie === undefined) return "";
  const { candidates = [], count = candidates.length, seed } = tie;
  const drawn = tie.chosen ?? node ?? "One";
  const by = seed === undefined ? "" : ` (seed ${seed})`;
  const names = someOf(candidates, count, 2 * width);
  return wrap(`${count} nodes had the best score: ${names}. ${drawn} was drawn at random${by}.`, width).join(
    "\n",
  );
}

function helpText({ suggestions, outcome }: SchedulingDecisionSpec, { width }: DecisionTextOptions): string {
  if (outcome !== "Unschedulable" || suggestions === undefined) return "";
  if (suggestions.length === 0) return "No small change was found that would place it.";
  const entries = suggestions.map((suggestion, index) => suggestionText(suggestion, index + 1, width));
  return ["What would help, each tried on a copy of the cluster:", ...entries].join("\n");
}

/** Commands are not wrapped: they are to be copied. */
function suggestionText({ summary, node, changes, note }: Suggestion, number: number, width: number): string {
  const label = `${String(number).padStart(2)}. `;
  const indent = " ".repeat(label.length);
  const lines = wrap(`${summary}; it then goes to ${node}`, width - label.length);
  if (note !== undefined) lines.push(...wrap(`(${note})`, width - label.length));
  for (const { command } of changes) if (command !== undefined) lines.push(`  $ ${command}`);
  return lines.map((line, index) => (index === 0 ? label : indent) + line).join("\n");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
