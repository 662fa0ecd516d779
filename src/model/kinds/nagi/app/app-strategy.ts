/** How an app's source is built, as its spec says: the strategy of its builds. Pure. */

import type { BuildStrategy } from "../../build/build-strategy.ts";
import type { AppSpec } from "./app.ts";

type NagiStrategy = NonNullable<BuildStrategy["nagiStrategy"]>;

/** `more` is of the one build. */
export function strategyOfApp(
  spec: AppSpec | undefined,
  more: Pick<NagiStrategy, "noCache" | "env"> = {},
): BuildStrategy {
  const { platform, language, dockerfile } = spec?.source ?? {};
  const said = Object.entries({ platform, language, dockerfile, ...more }).filter(
    ([, value]) => value !== undefined,
  );
  const nagiStrategy: NagiStrategy = Object.fromEntries(said);
  return { type: "Nagi", ...(said.length === 0 ? {} : { nagiStrategy }) };
}
