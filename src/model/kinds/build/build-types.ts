import { sourceTypeOf } from "./build-source.ts";
import type { BuildCommonSpec } from "./build-spec.ts";
import { strategyTypeOf } from "./build-strategy.ts";

/** Names the kinds of source and strategy that are told by their settings alone. */
export function setTypes(spec: BuildCommonSpec | undefined): void {
  const { strategy, source } = spec ?? {};
  const strategyType = strategy === undefined ? undefined : strategyTypeOf(strategy);
  if (strategy !== undefined && strategyType !== undefined) strategy.type = strategyType;
  const sourceType = source?.type ?? sourceTypeOf(source);
  if (source !== undefined && sourceType !== undefined) source.type = sourceType;
}
