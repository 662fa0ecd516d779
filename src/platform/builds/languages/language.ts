/**
 * A language: how its apps are known, and how one becomes a Containerfile. Pure; adding a language is adding a
 * folder here, a line in languages.ts and a recipe of the same name in platforms/.
 */

import type { Detection } from "../plan.ts";
import type { SourceTree } from "../source-tree.ts";

export interface LanguageInput {
  readonly tree: SourceTree;
  /** Of the Procfile; empty without one. */
  readonly processes: Readonly<Record<string, string>>;
  /** Versions of the platform's programs, by name; without those of a platform that is not made or does not say them. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface Language {
  readonly name: string;
  /** Platform that its apps are built on, where that has another name. */
  readonly platform?: string | undefined;
  /** The files that it is known by, for whoever has none of them. */
  readonly signs: readonly string[];
  /** Whether detection reads the file, a path from the root of the source. */
  reads(path: string): boolean;
  isIn(tree: SourceTree): boolean;
  plan(input: LanguageInput): Detection;
}

/** Of a range of versions that nothing can be held against: the platform is not made, or does not say its versions. */
export const notKnownYet = "the platform's version is not known";

/** A language's `reads`, of names at the root. */
export function readsNames(...names: readonly string[]): (path: string) => boolean {
  const wanted = new Set(names);
  return (path) => wanted.has(path);
}
