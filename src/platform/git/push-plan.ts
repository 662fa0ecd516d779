/** What a push means for an app: which commit is deployed, what is only stored, what is refused. Pure. */

import type { RefUpdate } from "./hook-session.ts";

export interface Deployed {
  /** The full name. */
  readonly ref: string;
  readonly commit: string;
  readonly old?: string | undefined;
}

export interface PushPlan {
  /** Refuses the whole push. */
  readonly refusal?: string | undefined;
  readonly deploy?: Deployed | undefined;
  /** For who pushes, about what is stored and not deployed. */
  readonly notes: readonly string[];
}

export interface PushOptions {
  /** Do not wait for the release. */
  readonly noWait: boolean;
  /** Build although nothing has changed. */
  readonly force: boolean;
  /** The release runs beside the live one until it is cut over. */
  readonly hold: boolean;
  /** Use no layers of earlier builds. */
  readonly noCache: boolean;
}

/** Where the app names no branch, both of git's usual names deploy; the first comes first. */
const usualBranches = ["main", "master"] as const;
/** `nagi deploy --dir` pushes its files as a commit of this ref. */
export const directoryRef = "refs/nagi/directory";

export function planPush(app: string, branch: string | undefined, updates: readonly RefUpdate[]): PushPlan {
  const branches: readonly string[] = branch === undefined ? usualBranches : [branch];
  const deployRefs = [...branches.map((name) => `refs/heads/${name}`), directoryRef];
  const deleted = updates.find(({ ref, new: commit }) => commit === undefined && deployRefs.includes(ref));
  if (deleted !== undefined) {
    const name = shortName(deleted.ref);
    return { refusal: `${name} is the branch that ${app} is deployed from: it cannot be deleted`, notes: [] };
  }
  const chosen = deployRefs.flatMap((name) => updates.filter(({ ref }) => ref === name))[0];
  const notes = updates
    .filter((update) => update !== chosen && update.new !== undefined)
    .map((update) => noteOn(update, app, branches[0] ?? "main"));
  if (chosen?.new === undefined) return { notes };
  return { deploy: { ref: chosen.ref, commit: chosen.new, old: chosen.old }, notes };
}

const optionNames: ReadonlyMap<string, keyof PushOptions> = new Map([
  ["no-wait", "noWait"],
  ["force", "force"],
  ["no-cache", "noCache"],
  ["hold", "hold"],
]);

/** What `git push -o` asked for, or what is wrong with it. */
export function pushOptionsOf(words: readonly string[]): PushOptions | string {
  const options = { noWait: false, force: false, noCache: false, hold: false };
  for (const word of words) {
    const name = optionNames.get(word);
    if (name === undefined) {
      const known = [...optionNames.keys()].join(", ");
      return `there is no push option ${JSON.stringify(word)}; the options: ${known}`;
    }
    options[name] = true;
  }
  return options;
}

/** What a ref is called in front of its user. */
export function sourceName(ref: string): string {
  return ref === directoryRef ? "a directory" : shortName(ref);
}

function noteOn({ ref }: RefUpdate, app: string, branch: string): string {
  const name = shortName(ref);
  if (ref.startsWith("refs/tags/"))
    return `Tag ${name} is stored and not deployed. To deploy it: git push nagi ${name}^{}:refs/heads/${branch}`;
  if (!ref.startsWith("refs/heads/")) return `${ref} is stored. ${app} is deployed from branch ${branch}.`;
  return `Branch ${name} is stored and not deployed. To deploy it: git push nagi ${name}:${branch}`;
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, "");
}
