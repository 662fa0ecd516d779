/** What a build stands on. Pure. */

import type { Build } from "../../model/kinds/build/build/build.ts";

export interface BuildSource {
  readonly kind: "platform" | "tag" | "outside";
  readonly name: string;
  /** Whether a change of it makes a new build. */
  readonly moves: boolean;
}

interface Strategy {
  readonly from?: { readonly kind?: string | undefined; readonly name?: string | undefined } | undefined;
}

/** Undefined when that is not known. */
export function sourceOfBuild({ spec, status }: Build): BuildSource | undefined {
  const strategies = (spec.strategy ?? {}) as Readonly<Record<string, Strategy | string | undefined>>;
  for (const name of ["sourceStrategy", "dockerStrategy", "customStrategy"]) {
    const strategy = strategies[name];
    const from = typeof strategy === "object" ? strategy.from : undefined;
    if (from?.name === undefined || from.name === "") continue;
    if (from.kind === "ImageStreamTag")
      return { kind: "tag", name: from.name.includes(":") ? from.name : `${from.name}:latest`, moves: false };
    if (from.kind === "DockerImage") return { kind: "outside", name: from.name, moves: false };
  }
  const platform = status?.detected?.platform;
  return platform === undefined ? undefined : { kind: "platform", name: platform, moves: false };
}
