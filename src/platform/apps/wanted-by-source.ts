/**
 * What a build's app.json wants of the app. Pure. What must stay true: a config var that the app has, or once got
 * from app.json and lost again, is never set; formation and add-ons count only until the app has a release; what the app itself says of
 * its deploys wins.
 */

import { randomBytes } from "node:crypto";
import { encodeText } from "../../lib/base64.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { App, AppSpec } from "../../model/kinds/nagi/app/app.ts";
import { parseSize } from "../../model/kinds/nagi/process-sizes.ts";
import type { ConfigData } from "./release-text.ts";

/** On an App: the build whose app.json was looked at last, and all config vars that came from app.json. */
export const manifestAnnotation = "nagi.dev/app-json";

const secretBytes = 32;
interface Applied {
  readonly build: string;
  readonly variables: readonly string[];
}

export interface Wanted {
  /** Config vars to be set, in base64. */
  readonly config: ConfigData;
  readonly spec: Pick<AppSpec, "processes" | "addons" | "deploy">;
  readonly annotation: string;
  /** For the app's events. */
  readonly notices: readonly string[];
}

/** Undefined when the build wants nothing, or what it wants was seen to. */
export function wantedBySource(app: App, build: Build | undefined, config: ConfigData): Wanted | undefined {
  const manifest = build?.status?.manifest;
  const name = build?.metadata.name ?? "";
  const applied = appliedTo(app);
  if (manifest === undefined || applied.build === name) return undefined;
  const fresh = Object.entries(manifest.env ?? {}).filter(
    ([key]) => !Object.hasOwn(config, key) && !applied.variables.includes(key),
  );
  const values = fresh.flatMap(([key, { value, generator }]) => {
    if (value !== undefined) return [[key, encodeText(value)] as const];
    if (generator !== "secret") return [];
    const text = randomBytes(secretBytes).toString("hex");
    return [[key, encodeText(text)] as const];
  });
  const variables = [...new Set([...applied.variables, ...Object.keys(manifest.env ?? {})])];
  const annotation = JSON.stringify({ build: name, variables } satisfies Applied);
  const isFirst = app.status?.latestVersion === undefined;
  const { processes, notices } = isFirst
    ? formationOf(app, manifest.formation ?? {})
    : { processes: {}, notices: [] };
  const deploy = app.spec?.deploy === undefined ? manifest.deploy : undefined;
  const addons = isFirst && app.spec?.addons === undefined ? manifest.addons : undefined;
  return {
    config: Object.fromEntries(values),
    spec: {
      ...(Object.keys(processes).length === 0 ? {} : { processes }),
      ...(addons === undefined ? {} : { addons }),
      ...(deploy === undefined ? {} : { deploy }),
    },
    annotation,
    notices,
  };
}

type Processes = NonNullable<AppSpec["processes"]>;
type Formation = NonNullable<NonNullable<NonNullable<Build["status"]>["manifest"]>["formation"]>;

/** What the app's spec says already stays. */
function formationOf({ spec }: App, formation: Formation): { processes: Processes; notices: string[] } {
  const processes: Processes = {};
  const notices: string[] = [];
  for (const [name, { quantity, size }] of Object.entries(formation)) {
    const present = spec?.processes?.[name] ?? {};
    const parsed = size === undefined ? undefined : parseSize(size);
    const resources = parsed !== undefined && "resources" in parsed ? parsed.resources : undefined;
    if (size !== undefined && resources === undefined)
      notices.push(`app.json: formation.${name}.size ${size} is not known: ${name} runs without a limit`);
    processes[name] = {
      ...(quantity === undefined ? {} : { replicas: quantity }),
      ...(resources === undefined ? {} : { resources }),
      ...present,
    };
  }
  return { processes, notices };
}

function appliedTo({ metadata }: App): Applied {
  const text = metadata.annotations?.[manifestAnnotation];
  return { build: "", variables: [], ...(text === undefined ? {} : (JSON.parse(text) as Partial<Applied>)) };
}
