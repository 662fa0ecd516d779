/** What the source's app.json wants: told in the build's log, kept for the apps' controller, checked before the build. */

import { appLabel, configName } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { isNotFound } from "../../model/status.ts";
import { manifestPath, missingVariables, readManifest, type Manifest } from "./app-json.ts";
import type { BuildLog } from "./build-log.ts";
import { BuildFailure } from "./failure.ts";
import type { SourceTree } from "./source-tree.ts";

/** Throws a BuildFailure when it is wrong, or when the app lacks what it needs. */
export async function readWanted(
  build: Build,
  tree: SourceTree,
  { client, log }: { readonly client: Client; readonly log: BuildLog },
): Promise<Manifest | undefined> {
  const text = tree.text(manifestPath);
  const name = build.metadata.labels?.[appLabel];
  if (text === undefined || name === undefined) return undefined;
  const result = readManifest(text);
  if (!result.ok) throw new BuildFailure("InvalidAppJson", result.message);
  log.line("-----> app.json");
  for (const line of summaryOf(result.manifest)) log.line(`       ${line}`);
  for (const notice of result.notices) log.line(` !     ${notice}`);
  const { namespace } = build.metadata;
  const present = await configNames(client, { namespace, name: configName(name) });
  const missing = missingVariables(result.manifest, present);
  if (missing !== undefined) throw new BuildFailure("MissingConfig", missing);
  await recordBuildpacks(client, { namespace, name }, result.manifest);
  return result.manifest;
}

function summaryOf({
  env = {},
  formation = {},
  healthchecks = {},
  cron = {},
  buildpacks = [],
  postdeploy,
}: Manifest): string[] {
  const names = (values: Readonly<Record<string, unknown>>): string => Object.keys(values).join(", ");
  return [
    ...(names(env) === "" ? [] : [`config vars: ${names(env)}`]),
    ...(names(formation) === "" ? [] : [`formation: ${names(formation)}`]),
    ...(names(healthchecks) === "" ? [] : [`health checks: ${names(healthchecks)}`]),
    ...(names(cron) === "" ? [] : [`cron: ${names(cron)}`]),
    ...(buildpacks.length === 0 ? [] : [`buildpacks: ${buildpacks.map(({ url }) => url).join(", ")}`]),
    ...(postdeploy === undefined ? [] : [`before the first release serves: ${postdeploy}`]),
  ];
}

async function configNames(
  client: Client,
  ref: { namespace?: string | undefined; name: string },
): Promise<string[]> {
  try {
    return Object.keys((await client.get(secret, ref)).data ?? {});
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Before the first build; what the app's spec says counts from then on. */
async function recordBuildpacks(
  client: Client,
  ref: { namespace?: string | undefined; name: string },
  { buildpacks }: Manifest,
): Promise<void> {
  if (buildpacks === undefined) return;
  try {
    const found = await client.get(appKind, ref);
    if (found.spec?.buildpacks !== undefined) return;
    const body = { spec: { buildpacks: buildpacks.map(({ url }) => ({ url })) } };
    await client.patch(appKind, ref, { type: "merge", body });
  } catch (error) {
    // A build without an app: nobody to remember them.
    if (!isNotFound(error)) throw error;
  }
}
