/** Cells that builds and build configurations share. */

import { sourceTypeOf, type BuildSource } from "./build-source.ts";
import { strategyTypeOf, type BuildStrategy } from "./build-strategy.ts";

/** The kind of strategy, which may be told by its settings alone. */
export function strategyCell(strategy: BuildStrategy): string {
  return strategyTypeOf(strategy) ?? "";
}

const commitShown = 7;

/** Where the source comes from, and which commit of it, for instance `Git@abc1234`. */
export function sourceCell(source: BuildSource | undefined, commit: string | undefined): string {
  const type = source?.type ?? sourceTypeOf(source) ?? "";
  const at = commit?.slice(0, commitShown) ?? source?.git?.ref ?? "";
  return at === "" ? type : `${type}@${at}`;
}
