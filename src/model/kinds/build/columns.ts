/** Cells that builds and build configurations share. */

import type { BuildSource, BuildStrategy } from "./build-spec.ts";

const strategies = { dockerStrategy: "Docker", sourceStrategy: "Source", nagiStrategy: "Nagi" } as const;

/** The kind of strategy, which may be told by its settings alone. */
export function strategyCell(strategy: BuildStrategy): string {
  if (strategy.type !== undefined) return strategy.type;
  const given = Object.entries(strategies).find(([field]) => Object.hasOwn(strategy, field));
  return given?.[1] ?? "";
}

const commitShown = 7;

/** Where the source comes from, and which commit of it, for instance `Git@abc1234`. */
export function sourceCell(source: BuildSource | undefined, commit: string | undefined): string {
  const fallback = source?.git !== undefined ? "Git" : source?.binary !== undefined ? "Binary" : "";
  const type = source?.type ?? fallback;
  const at = commit?.slice(0, commitShown) ?? source?.git?.ref ?? "";
  return at === "" ? type : `${type}@${at}`;
}
