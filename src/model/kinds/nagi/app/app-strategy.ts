/** How an app's source is built, as its spec says: the strategy of its builds. Pure. */

import type { BuildStrategy } from "../../build/build-strategy.ts";
import type { BuildSpec } from "../../build/build/build.ts";
import type { AppSpec } from "./app.ts";

type NagiStrategy = NonNullable<BuildStrategy["nagiStrategy"]>;
type SourceStrategy = NonNullable<BuildStrategy["sourceStrategy"]>;

/** What the steps of the app's builds may use; undefined where the app says nothing. */
export function resourcesOfApp(spec: AppSpec | undefined): BuildSpec["resources"] {
  const { memory, cpu, disk } = spec?.source?.limits ?? {};
  const said = Object.entries({ memory, cpu, "ephemeral-storage": disk });
  const limits = said.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return limits.length === 0 ? undefined : { limits: Object.fromEntries(limits) };
}

/** `more` is of the one build. */
export function strategyOfApp(
  spec: AppSpec | undefined,
  more: Pick<NagiStrategy, "noCache" | "env"> = {},
): BuildStrategy {
  const { platform, language, dockerfile, builder } = spec?.source ?? {};
  if (builder !== undefined) {
    const { incremental } = builder;
    const { env } = more;
    const given = Object.entries({ incremental, env }).filter(([, value]) => value !== undefined);
    const sourceStrategy = { from: builderImage(builder.image), ...Object.fromEntries(given) };
    return { type: "Source", sourceStrategy };
  }
  const buildpacks = spec?.buildpacks?.map(({ url }) => ({ url }));
  const said = Object.entries({ platform, language, dockerfile, buildpacks, ...more }).filter(
    ([, value]) => value !== undefined,
  );
  const nagiStrategy: NagiStrategy = Object.fromEntries(said);
  return { type: "Nagi", ...(said.length === 0 ? {} : { nagiStrategy }) };
}

/** A name without a slash is one of an image stream of the app's namespace; every other is an image of a registry. */
function builderImage(name: string): SourceStrategy["from"] {
  if (name.includes("/")) return { kind: "DockerImage", name };
  if (name.includes("@")) return { kind: "ImageStreamImage", name };
  return { kind: "ImageStreamTag", name: name.includes(":") ? name : `${name}:latest` };
}
