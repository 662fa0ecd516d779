/** What a push means for an app: which commit is deployed, what is only stored, what is refused. Pure. */

import type { RefUpdate } from "./hook-session.ts";

export interface PushPlan {
  /** Refuses the whole push. */
  readonly refusal?: string | undefined;
  readonly deploy?:
    | { readonly branch: string; readonly commit: string; readonly old?: string | undefined }
    | undefined;
  /** For who pushes, about what is stored and not deployed. */
  readonly notes: readonly string[];
}

/** Where the app names no branch, both of git's usual names deploy; the first comes first. */
const usualBranches = ["main", "master"] as const;

export function planPush(app: string, branch: string | undefined, updates: readonly RefUpdate[]): PushPlan {
  const deployBranches: readonly string[] = branch === undefined ? usualBranches : [branch];
  const deleted = updates.find((update) => update.new === undefined && isDeployed(update, deployBranches));
  if (deleted !== undefined) {
    const name = shortName(deleted.ref);
    return { refusal: `${name} is the branch that ${app} is deployed from: it cannot be deleted`, notes: [] };
  }
  const candidates = deployBranches.flatMap((name) =>
    updates.filter(({ ref }) => ref === `refs/heads/${name}`),
  );
  const chosen = candidates[0];
  const notes = updates
    .filter((update) => update !== chosen && update.new !== undefined)
    .map((update) => noteOn(update, app, deployBranches[0] ?? "main"));
  if (chosen?.new === undefined) return { notes };
  return { deploy: { branch: shortName(chosen.ref), commit: chosen.new, old: chosen.old }, notes };
}

function isDeployed({ ref }: RefUpdate, branches: readonly string[]): boolean {
  return branches.some((name) => ref === `refs/heads/${name}`);
}

function noteOn({ ref }: RefUpdate, app: string, branch: string): string {
  const name = shortName(ref);
  if (ref.startsWith("refs/tags/")) return `Tag ${name} is stored. ${app} is deployed from branch ${branch}.`;
  if (!ref.startsWith("refs/heads/")) return `${ref} is stored. ${app} is deployed from branch ${branch}.`;
  return `Branch ${name} is stored and not deployed. To deploy it: git push nagi ${name}:${branch}`;
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, "");
}
