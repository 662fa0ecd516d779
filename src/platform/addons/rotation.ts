/**
 * Rotates the credentials of an add-on without downtime: a second user is made, the apps are released with it, and only
 * when nothing runs with the first one any more, that one is removed. When an app's release fails, all go back. Pure: which
 * step comes next; `addon-reconciler` does it.
 */

import type { AddonRotation } from "../../model/kinds/nagi/addon/addon.ts";
import type { RunsWith } from "./runs-with.ts";

/** What is to be done before the phase that follows. */
export type RotationStep =
  | { readonly action: "none" }
  | { readonly action: "make-user" | "drop-old" | "drop-new"; readonly next: AddonRotation }
  | { readonly action: "set-phase"; readonly next: AddonRotation }
  | { readonly action: "wait" };

export interface RotationInput {
  /** When other credentials were last asked for. */
  readonly wish: string | undefined;
  readonly rotation: AddonRotation | undefined;
  readonly hasUsers: boolean;
  /** Of the attached apps, with the credentials that the phase wants. */
  readonly apps: readonly { readonly app: string; readonly runs: RunsWith }[];
}

export function nextStep({ wish, rotation, hasUsers, apps }: RotationInput): RotationStep {
  const isDone = rotation === undefined || rotation.phase === "Complete" || rotation.phase === "Failed";
  if (isDone) {
    if (wish === undefined || rotation?.requestedAt === wish) return { action: "none" };
    return { action: "set-phase", next: hasUsers ? { requestedAt: wish, phase: "Making" } : refused(wish) };
  }
  const { requestedAt, user, message } = rotation;
  switch (rotation.phase) {
    case "Making":
      return { action: "make-user", next: { requestedAt, phase: "Releasing" } };
    case "Releasing": {
      const failed = apps.filter(({ runs }) => runs === "refused").map(({ app }) => app);
      if (failed.length > 0) {
        const text = `${failed.join(", ")} did not come up with the new credentials: all stay with the old ones`;
        return { action: "set-phase", next: { requestedAt, phase: "Undoing", user, message: text } };
      }
      if (apps.some(({ runs }) => runs === "not yet")) return { action: "wait" };
      return { action: "set-phase", next: { requestedAt, phase: "Dropping", user } };
    }
    case "Undoing":
      if (apps.some(({ runs }) => runs === "not yet")) return { action: "wait" };
      return { action: "drop-new", next: { requestedAt, phase: "Failed", message } };
    case "Dropping":
      return { action: "drop-old", next: { requestedAt, phase: "Complete", user } };
    default:
      return { action: "none" };
  }
}

function refused(requestedAt: string): AddonRotation {
  return { requestedAt, phase: "Failed", message: "the service has no users: there is nothing to rotate" };
}
