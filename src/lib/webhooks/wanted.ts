/** Whether a build shall come of what a forge tells: branches, tags, paths and the wish of who wrote the commit. */

import { matchesGlob } from "node:path";
import type { HookEvent } from "./event.ts";

export interface HookFilter {
  /** Patterns; absent or empty: the branch that the app is built from. */
  readonly branches?: readonly string[] | undefined;
  /** Patterns; absent or empty: no tag. */
  readonly tags?: readonly string[] | undefined;
  /** A push that changes none of these is ignored; absent or empty: all count. */
  readonly paths?: readonly string[] | undefined;
  /** Files that do not count. */
  readonly ignorePaths?: readonly string[] | undefined;
}

export interface Verdict {
  readonly wanted: boolean;
  /** In one word. */
  readonly reason: string;
  readonly message: string;
  /** Branch or tag, without what git writes before it; undefined for the app's own. */
  readonly ref?: string | undefined;
}

const shownFiles = 3;

/** `ownRef`: the branch or tag that the app is built from, when it names one. */
export function judgeEvent(event: HookEvent, filter: HookFilter, ownRef: string | undefined): Verdict {
  if (event.kind === "Ping") return no("Ping", "The forge can reach Nagi, and they know the same secret.");
  if (event.kind === "Other") return no("NotAPush", `The event is ${event.event}: only pushes are built.`);
  const ref = event.ref?.replace(/^refs\/(heads|tags)\//, "");
  if (event.deleted === true) return no("Deleted", `${ref} was deleted: there is nothing to build.`);
  const refusal = refRefusal(event, filter, ownRef) ?? skipRefusal(event) ?? pathRefusal(event, filter);
  if (refusal !== undefined) return refusal;
  const what = ref ?? ownRef ?? "the default branch";
  return { wanted: true, reason: "Wanted", message: `${what} is built.`, ref };
}

function refRefusal(event: HookEvent, filter: HookFilter, ownRef: string | undefined): Verdict | undefined {
  if (event.ref === undefined) return undefined;
  const name = event.ref.replace(/^refs\/(heads|tags)\//, "");
  if (event.kind === "Tag") {
    const { tags = [] } = filter;
    if (matches(name, tags) || name === ownRef) return undefined;
    const wanted = tags.length === 0 ? "tags are not built" : `built are the tags ${tags.join(", ")}`;
    return no("OtherTag", `Tag ${name} was pushed; ${wanted}.`);
  }
  const own = ownRef ?? event.defaultBranch;
  const usual = own === undefined ? ["main", "master"] : [own];
  const branches = (filter.branches ?? []).length === 0 ? usual : (filter.branches ?? []);
  if (matches(name, branches)) return undefined;
  return no("OtherBranch", `Branch ${name} was pushed; built is ${branches.join(", ")}.`);
}

function skipRefusal({ message = "" }: HookEvent): Verdict | undefined {
  const [word] = /\[(skip ci|ci skip|no ci|skip nagi|nagi skip)\]/i.exec(message) ?? [];
  return word === undefined ? undefined : no("Skipped", `The newest commit says ${word}.`);
}

function pathRefusal({ changedFiles }: HookEvent, filter: HookFilter): Verdict | undefined {
  const { paths = [], ignorePaths = [] } = filter;
  // What is not told may be anything: better one build too many.
  if (changedFiles === undefined || (paths.length === 0 && ignorePaths.length === 0)) return undefined;
  const counting = changedFiles.filter((file) => !matches(file, ignorePaths));
  if (counting.some((file) => paths.length === 0 || matches(file, paths))) return undefined;
  const shown = changedFiles.slice(0, shownFiles).join(", ");
  const more = changedFiles.length > shownFiles ? ` and ${changedFiles.length - shownFiles} more` : "";
  const wanted = [
    ...(paths.length === 0 ? [] : [`those of ${paths.join(", ")} count`]),
    ...(ignorePaths.length === 0 ? [] : [`those of ${ignorePaths.join(", ")} do not`]),
  ].join(", ");
  return no("OtherPaths", `Changed are ${shown || "no files"}${more}; ${wanted}.`);
}

function no(reason: string, message: string): Verdict {
  return { wanted: false, reason, message };
}

/** A directory stands for all below it. */
function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const plain = pattern.replace(/^\.?\//, "");
    if (plain === name) return true;
    return plain.endsWith("/") ? name.startsWith(plain) : matchesGlob(undotted(name), undotted(plain));
  });
}

/** A file whose name begins with a dot is one like others: `*` and `**` mean it, too. */
function undotted(path: string): string {
  return path.replaceAll(/(^|\/)\./g, "$1\u00b7");
}
