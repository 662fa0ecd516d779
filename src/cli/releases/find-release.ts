/** A release of an app by its version, and its config vars. */

import { decodeEntries } from "../../lib/base64.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { isNotFound } from "../../model/status.ts";
import { appName, getApp } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";

export interface FoundRelease {
  readonly release: Release;
  /** All of the app, oldest first. */
  readonly all: readonly Release[];
}

/** `given` is v3 or 3; the newest when absent. */
export async function findRelease(context: CommandContext, given: string | undefined): Promise<FoundRelease> {
  const app = await appName(context);
  const namespace = await context.namespace();
  const client = await context.client();
  const { items } = await client.list(releaseKind, { namespace, labelSelector: `${appLabel}=${app}` });
  const all = items.toSorted((a, b) => a.spec.version - b.spec.version);
  if (all.length === 0) {
    await getApp(context);
    throw new UsageError(`app ${app} has no release yet`, "Deploy it first: git push nagi main");
  }
  const version = /^v?(\d+)$/.exec(given ?? "")?.[1];
  const found = given === undefined ? all.at(-1) : all.find(({ spec }) => String(spec.version) === version);
  if (found !== undefined) return { release: found, all };
  throw new UsageError(
    `app ${app} has no release ${JSON.stringify(given)}`,
    `The releases there are: ${all.map(({ spec }) => `v${spec.version}`).join(", ")}`,
  );
}

/** Undefined when they are lost, or may not be read. */
export async function configOfRelease(
  context: CommandContext,
  { release }: FoundRelease,
): Promise<Readonly<Record<string, string>> | undefined> {
  const client = await context.client();
  const ref = { namespace: release.metadata.namespace, name: release.spec.configSecret };
  try {
    const { data = {} } = await client.get(secret, ref);
    return decodeEntries(data);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Of the image in the registry: known when the build has been pushed there, which may be after the release. */
export async function digestOfRelease(
  context: CommandContext,
  { release: { metadata, spec } }: FoundRelease,
): Promise<string | undefined> {
  if (spec.imageDigest !== undefined || spec.build === undefined) return spec.imageDigest;
  const client = await context.client();
  const ref = { namespace: metadata.namespace, name: spec.build };
  try {
    return (await client.get(build, ref)).status?.output?.to?.imageDigest;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
