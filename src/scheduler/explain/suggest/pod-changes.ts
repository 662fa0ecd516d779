/** Changes of the waiting pod itself: tolerate a taint, ask for less of where it may go. */

import type { JsonValue } from "../../../model/schema.ts";
import type { PodObject, TaintObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { costs, podTarget, pointer, type Change, type PodEdit } from "./change.ts";
import { taintText } from "./node-changes.ts";
import { editCommand } from "./owner.ts";

/** Of each kind of rule that a pod carries, so many are looked at. */
const MAX_RULES = 8;
const MAX_SKEW_RAISE = 8;

interface Edit {
  readonly type?: Change["type"] | undefined;
  readonly family?: string | undefined;
  readonly summary: string;
  readonly cost: number;
  readonly edits: readonly PodEdit[];
}

export function podChange(pod: PodObject, { type = "ChangePod", ...edit }: Edit): Change {
  return { ...edit, type, target: podTarget(pod), command: editCommand(pod, edit.edits) };
}

/** What could be asked less of: each on its own, the smallest first within its kind. */
export function relaxations({ object }: PodInfo): Change[] {
  const edits = [
    ...spreadEdits(object),
    ...selectorEdits(object),
    ...nodeAffinityEdits(object),
    ...podAffinityEdits(object),
    ...portEdits(object),
  ];
  return edits.map((edit) => podChange(object, edit));
}

export function tolerate({ object }: PodInfo, taint: TaintObject): Change {
  const { key, value, effect } = taint;
  const operator = value === undefined || value === "" ? "Exists" : "Equal";
  const toleration: JsonValue = {
    key,
    operator,
    effect,
    ...(operator === "Equal" ? { value: value ?? "" } : {}),
  };
  const edits: PodEdit[] =
    object.spec.tolerations === undefined
      ? [{ op: "add", path: "/spec/tolerations", value: [toleration] }]
      : [{ op: "add", path: "/spec/tolerations/-", value: toleration }];
  const summary = `tolerate taint ${taintText(taint)}`;
  return podChange(object, { type: "Tolerate", summary, cost: costs.tolerate, edits });
}

function selectorEdits({ spec }: PodObject): Edit[] {
  return Object.entries(spec.nodeSelector ?? {})
    .slice(0, MAX_RULES)
    .map(([key, value]) => ({
      summary: `ask no more for nodes with label ${key}=${value}`,
      cost: costs.relaxSelector,
      edits: [{ op: "remove", path: pointer("spec", "nodeSelector", key) }],
    }));
}

const required = "requiredDuringSchedulingIgnoredDuringExecution";

function nodeAffinityEdits({ spec }: PodObject): Edit[] {
  const terms = spec.affinity?.nodeAffinity?.[required]?.nodeSelectorTerms;
  if (terms === undefined) return [];
  const base = ["spec", "affinity", "nodeAffinity", required] as const;
  const edits: Edit[] = [];
  for (const [index, { matchExpressions = [], matchFields = [] }] of terms.slice(0, MAX_RULES).entries()) {
    // Without its last requirement a term matches nothing.
    if (matchExpressions.length + matchFields.length < 2) continue;
    for (const [place, { key, operator, values }] of matchExpressions.slice(0, MAX_RULES).entries()) {
      const what = [key, operator, values?.join(",")].filter((word) => word !== undefined).join(" ");
      const path = pointer(...base, "nodeSelectorTerms", index, "matchExpressions", place);
      const summary = `drop "${what}" from the required node affinity`;
      edits.push({ summary, cost: costs.relaxSelector, edits: [{ op: "remove", path }] });
    }
  }
  const path = pointer(...base);
  const summary = "drop the required node affinity";
  edits.push({ summary, cost: costs.dropSelector, edits: [{ op: "remove", path }] });
  return edits;
}

function podAffinityEdits({ spec }: PodObject): Edit[] {
  return (["podAntiAffinity", "podAffinity"] as const).flatMap((field) => {
    const terms = spec.affinity?.[field]?.[required] ?? [];
    const what = field === "podAffinity" ? "affinity to pods" : "anti-affinity to pods";
    return terms.slice(0, MAX_RULES).map(({ topologyKey }, index): Edit => {
      const path = pointer("spec", "affinity", field, required, index);
      const summary = `drop the required ${what} by ${topologyKey}`;
      return { summary, cost: costs.dropAffinity, edits: [{ op: "remove", path }] };
    });
  });
}

function spreadEdits(pod: PodObject): Edit[] {
  const constraints = pod.spec.topologySpreadConstraints ?? [];
  return constraints.slice(0, MAX_RULES).flatMap((constraint, index): Edit[] => {
    if (constraint.whenUnsatisfiable === "ScheduleAnyway") return [];
    const { maxSkew, topologyKey, minDomains } = constraint;
    const base = pointer("spec", "topologySpreadConstraints", index);
    const edits: Edit[] = [];
    const anyDomains: PodEdit[] =
      minDomains === undefined ? [] : [{ op: "remove", path: `${base}/minDomains` }];
    if (minDomains !== undefined) {
      const summary = `spread by ${topologyKey} whether or not there are ${minDomains} domains (no minDomains)`;
      edits.push({ summary, cost: costs.relaxSpread, edits: anyDomains });
    }
    for (let skew = maxSkew + 1; skew <= maxSkew + MAX_SKEW_RAISE; skew++) {
      edits.push({
        family: `${base}/maxSkew`,
        summary: `raise maxSkew by ${topologyKey} from ${maxSkew} to ${skew}`,
        cost: costs.relaxSpread + (skew - maxSkew),
        edits: [{ op: "replace", path: `${base}/maxSkew`, value: skew }],
      });
    }
    edits.push({
      family: `${base}/maxSkew`,
      summary: `spread by ${topologyKey} only where it can be (whenUnsatisfiable: ScheduleAnyway)`,
      cost: costs.relaxSpread + MAX_SKEW_RAISE + 1,
      // minDomains is for demands only.
      edits: [...anyDomains, { op: "replace", path: `${base}/whenUnsatisfiable`, value: "ScheduleAnyway" }],
    });
    return edits;
  });
}

function portEdits({ spec }: PodObject): Edit[] {
  if (spec.hostNetwork === true) return [];
  const edits: Edit[] = [];
  for (const [index, { ports = [] }] of spec.containers.entries()) {
    for (const [place, { hostPort = 0, protocol = "TCP" }] of ports.entries()) {
      if (hostPort === 0 || edits.length >= MAX_RULES) continue;
      const path = pointer("spec", "containers", index, "ports", place, "hostPort");
      const summary = `ask no more for port ${hostPort}/${protocol} of the node`;
      edits.push({ summary, cost: costs.dropHostPort, edits: [{ op: "remove", path }] });
    }
  }
  return edits;
}
