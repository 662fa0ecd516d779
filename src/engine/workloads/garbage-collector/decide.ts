/**
 * What becomes of an object whose owners are in these states. Pure. What must stay true: an object with a
 * living owner is never deleted, and whoever cannot be asked about counts as living.
 * Behaviour: kubernetes/kubernetes pkg/controller/garbagecollector/garbagecollector.go.
 */

import type { OwnerReference } from "../../../model/meta.ts";
import { foregroundFinalizer, orphanFinalizer } from "./graph.ts";

/** `waiting`: is being deleted in the foreground, once its dependents are gone. `unknown`: cannot be asked. */
export type OwnerState = "present" | "waiting" | "absent" | "unknown";

export interface OwnerFinding {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type Verdict =
  | { readonly action: "keep" }
  /** Drop the references to owners that are gone or going; others still hold the object. */
  | { readonly action: "unlink"; readonly owners: readonly OwnerReference[] }
  | { readonly action: "delete"; readonly propagation: "Background" | "Foreground" | "Orphan" };

export interface Dependent {
  readonly finalizers: readonly string[];
  /** Whether anything belongs to it. */
  readonly hasDependents: boolean;
}

export function decideDependent(dependent: Dependent, findings: readonly OwnerFinding[]): Verdict {
  if (findings.length === 0) return { action: "keep" };
  const inState = (...states: OwnerState[]): OwnerReference[] =>
    findings.filter(({ state }) => states.includes(state)).map(({ reference }) => reference);
  const gone = inState("absent", "waiting");
  if (inState("present", "unknown").length > 0) {
    return gone.length === 0 ? { action: "keep" } : { action: "unlink", owners: gone };
  }
  return { action: "delete", propagation: propagationOf(dependent, inState("waiting").length > 0) };
}

/** An owner that waits passes the waiting on, so that its whole tree is gone before it is. */
function propagationOf(
  { finalizers, hasDependents }: Dependent,
  ownerWaits: boolean,
): "Background" | "Foreground" | "Orphan" {
  if (ownerWaits && hasDependents) return "Foreground";
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}
