/** A scheduling decision as text for a terminal: the headline, a table of the nodes, and the scores. */

import type {
  NodeDecision,
  PredicateVerdict,
  SchedulingDecision,
  SchedulingDecisionSpec,
} from "./kinds/nagi/schedulingdecision/schedulingdecision.ts";

export function renderDecision({ spec }: SchedulingDecision): string {
  const nodes = spec.nodes ?? [];
  const blocks = [headline(spec), nodeTable(spec, nodes), scoreTable(nodes), tieNote(spec)];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function headline(spec: SchedulingDecisionSpec): string {
  const pod = `${spec.pod.namespace ?? "default"}/${spec.pod.name}`;
  const by = `Decided by ${spec.scheduler ?? "the scheduler"}${spec.decidedAt === undefined ? "" : ` at ${spec.decidedAt}`}.`;
  if (spec.outcome === "Scheduled") {
    const counts =
      spec.evaluatedNodes === undefined
        ? ""
        : `: the best of ${plural(spec.feasibleNodes ?? 0, "node")} that fit, of ${spec.evaluatedNodes} looked at`;
    return `Pod ${pod} was placed on ${spec.node ?? "a node"}${counts}.\n${by}`;
  }
  return `Pod ${pod} ${outcomeWords[spec.outcome]}${spec.message === undefined ? "." : `: ${spec.message}`}\n${by}`;
}

const outcomeWords = {
  Unschedulable: "is waiting for a node",
  Gated: "is not to be placed yet",
  Error: "could not be decided about",
} as const;

function nodeTable(spec: SchedulingDecisionSpec, nodes: readonly NodeDecision[]): string {
  if (nodes.length === 0) return "";
  const rows = [["NODE", "VERDICT", "RULE", "WHY"]];
  for (const node of nodes) {
    const failed = (node.predicates ?? []).filter(({ verdict }) => verdict === "fail" || verdict === "error");
    if (failed.length === 0) {
      const verdict = node.name === spec.node ? "chosen" : node.feasible ? "fits" : "rejected";
      rows.push([node.name, verdict, passedRules(node), total(node)]);
    }
    for (const [index, predicate] of failed.entries()) {
      const [name, verdict] = index === 0 ? [node.name, "rejected"] : ["", ""];
      rows.push([name, verdict, ruleName(predicate), why(predicate)]);
    }
  }
  const omitted = spec.omittedNodes ?? 0;
  return table(rows) + (omitted > 0 ? `\n… and ${plural(omitted, "more node")}` : "");
}

function passedRules({ predicates = [] }: NodeDecision): string {
  const passed = predicates.filter(({ verdict }) => verdict === "pass");
  return passed.length === 0 ? "-" : `all ${passed.length} pass`;
}

function total(node: NodeDecision): string {
  return node.total === undefined ? "-" : `score ${node.total}`;
}

function ruleName({ plugin, policyName }: PredicateVerdict): string {
  return policyName === undefined || policyName === plugin ? plugin : `${plugin} (${policyName})`;
}

/** Reasons that count nodes ("node(s) had ...") say less of one node than their detail does. */
function why({ reason = "no", detail }: PredicateVerdict): string {
  if (detail === undefined) return reason;
  return reason.startsWith("node(s)") ? detail : `${reason}: ${detail}`;
}

function scoreTable(nodes: readonly NodeDecision[]): string {
  const scored = nodes.filter(({ scores }) => scores !== undefined && scores.length > 0);
  if (scored.length === 0) return "";
  const rows = [["NODE", "SCORE", "RAW", "NORMALISED", "WEIGHT", "WEIGHTED"]];
  for (const node of scored) {
    for (const [index, score] of (node.scores ?? []).entries()) {
      const numbers = [score.raw, score.normalized, score.weight, score.weighted].map(String);
      rows.push([index === 0 ? node.name : "", score.plugin, ...numbers]);
    }
    rows.push(["", "total", "", "", "", String(node.total ?? 0)]);
  }
  return table(rows);
}

function tieNote({ tie, node }: SchedulingDecisionSpec): string {
  if (tie === undefined) return "";
  const candidates = tie.candidates ?? [];
  const count = tie.count ?? candidates.length;
  const more = count > candidates.length ? `, and ${count - candidates.length} more` : "";
  const seed = tie.seed === undefined ? "" : ` (seed ${tie.seed})`;
  return `${count} nodes had the best score: ${candidates.join(", ")}${more}. ${tie.chosen ?? node ?? "One"} was drawn at random${seed}.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd();
  return rows.map(line).join("\n");
}
