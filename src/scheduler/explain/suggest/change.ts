/**
 * A change that may help a waiting pod, as data: what becomes of the pod itself, of nodes, and which pods go. Whoever
 * applies it (a trial on a copy of the cluster, a test) needs nothing else.
 */

import type { Suggestion } from "../../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { applyJsonPatch } from "../../../model/patch.ts";
import type { JsonValue } from "../../../model/schema.ts";
import type { NodeObject, PodObject } from "../../snapshot/objects.ts";
import type { PlacedPod } from "../../snapshot/cluster.ts";

/** A step of a JSON patch of the pod. */
export interface PodEdit {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value?: JsonValue | undefined;
}

export interface Change {
  readonly type: Suggestion["changes"][number]["type"];
  /** `node/node-1`, `pod/default/web`. */
  readonly target: string;
  readonly summary: string;
  readonly command?: string | undefined;
  /** Of changes with the same one the smallest that helps is enough; the type when absent. */
  readonly family?: string | undefined;
  /** How much it asks of the user; the sum decides which suggestion stands first. */
  readonly cost: number;
  readonly edits?: readonly PodEdit[] | undefined;
  /** New versions of nodes, or new nodes. */
  readonly nodes?: readonly NodeObject[] | undefined;
  readonly removed?: readonly PlacedPod[] | undefined;
}

/**
 * What changes cost, smallest first: a switch of the operator's, then what the pod asks for, then what other pods
 * lose, then what costs money. Every further change costs as much as the dearest kind: one change is better than two.
 */
export const costs = {
  uncordon: 10,
  labelNode: 20,
  relaxSpread: 22,
  tolerate: 25,
  removeTaint: 28,
  dropHostPort: 35,
  lowerRequests: 30,
  relaxSelector: 40,
  dropSelector: 45,
  dropAffinity: 50,
  deletePod: 60,
  scaleDown: 75,
  raisePriority: 85,
  addNode: 95,
  another: 100,
} as const;

export function edited(pod: PodObject, edits: readonly PodEdit[]): PodObject {
  return edits.length === 0 ? pod : (applyJsonPatch(pod, edits) as PodObject);
}

/** The words of a JSON pointer, quoted. */
export function pointer(...words: readonly (string | number)[]): string {
  return words.map((word) => `/${String(word).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function podTarget({ metadata }: PodObject): string {
  return `pod/${metadata.namespace ?? "default"}/${metadata.name ?? ""}`;
}
