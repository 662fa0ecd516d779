/**
 * Makes the next build of a build configuration: `shop-1`, `shop-2`, as OpenShift's `instantiate` does.
 *
 * What must stay true, whatever crashes between the two writes: the build comes first, and says by its number and its
 * notes what the configuration's status is to say; `record` makes up for a status that was not written.
 */

import { findObject } from "./find-object.ts";
import type { EnvVar } from "../model/kinds/core/pod/container.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import { recordedStatus } from "../model/kinds/build/build-record.ts";
import { buildConfig, type BuildConfig } from "../model/kinds/build/buildconfig/buildconfig.ts";
import {
  streamKeysOf,
  withImages,
  type NamesStreams,
  type StreamOf,
} from "../model/kinds/build/config-images.ts";
import {
  clonedBuild,
  configLabel,
  newBuild,
  triggerImages,
  type BuildWish,
  type TriggerCause,
} from "../model/kinds/build/new-build.ts";
import type { SourceRevision } from "../model/kinds/build/build-spec.ts";
import { imageStream, type ImageStream } from "../model/kinds/image/imagestream/imagestream.ts";
import { isJsonEqual } from "../model/json.ts";
import { refFromKey, type ObjectRef } from "../model/meta.ts";
import { isConflict, isNotFound, isStatus, StatusError } from "../model/status.ts";
import type { Client } from "./client.ts";

const maxNameTries = 20;
const maxWrites = 5;

export interface StartBuild {
  /** Why, in words. */
  readonly cause: string;
  /** More than words of why: webhooks say what they were told. `cause` is the message unless one of these has one. */
  readonly causes?: readonly TriggerCause[] | undefined;
  /** Built instead of the configuration's branch: a commit, branch or tag. */
  readonly commit?: string | undefined;
  /** More of the commit: its author, its message. */
  readonly revision?: SourceRevision | undefined;
  /** Id in the source store of what was sent in, built instead of the repository. */
  readonly source?: string | undefined;
  readonly env?: readonly EnvVar[] | undefined;
  readonly buildArgs?: readonly EnvVar[] | undefined;
  readonly noCache?: boolean | undefined;
  readonly incremental?: boolean | undefined;
}

/**
 * Throws NotFound without the configuration, BadRequest with the names of the fields when an image that it builds on
 * is not there or nothing says what to build.
 */
export async function startBuild(client: Client, ref: ObjectRef, asked: StartBuild): Promise<Build> {
  const config = await client.get(buildConfig, ref);
  const builds = await buildsOf(client, ref);
  const first = nextNumber(config, builds);
  const make = buildMaker(config, wishOf(asked), await readStreams(client, config));
  for (let number = first; number < first + maxNameTries; number += 1) {
    try {
      const made = await client.create(buildKind, make(number));
      await recordSoon(client, ref);
      return made;
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
  throw new Error(
    `cannot name a build of ${ref.name}: ${maxNameTries} names from ${ref.name}-${first} are taken`,
  );
}

/** The same build of a configuration once more; the names are numbered on. */
export async function cloneBuild(client: Client, old: Build, cause: string): Promise<Build> {
  const { namespace, name: oldName = "", labels } = old.metadata;
  const config = labels?.[configLabel];
  const base = config ?? oldName;
  const ref = { namespace, name: base };
  const present = config === undefined ? undefined : await findObject(client, buildConfig, ref);
  const first = nextNumber(present, await buildsOf(client, ref));
  for (let number = first; number < first + maxNameTries; number += 1) {
    try {
      const made = await client.create(
        buildKind,
        clonedBuild(old, { name: `${base}-${number}`, number, cause }),
      );
      if (present !== undefined) await recordSoon(client, ref);
      return made;
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
  throw new Error(
    `cannot name a build like ${oldName}: ${maxNameTries} names from ${base}-${first} are taken`,
  );
}

/** Brings the status of the configuration up to the builds that there are. The configuration as it is then. */
export async function record(client: Client, ref: ObjectRef): Promise<BuildConfig> {
  for (let writes = 1; ; writes++) {
    const config = await client.get(buildConfig, ref);
    const status = recordedStatus(config, await buildsOf(client, ref));
    if (isJsonEqual(status, config.status ?? {})) return config;
    try {
      return await client.update(buildConfig, { ...config, status }, { subresource: "status" });
    } catch (error) {
      if (!isConflict(error) || writes === maxWrites) throw error;
    }
  }
}

/** The build is made: where somebody else writes at the same time, the controller sees to the status. */
async function recordSoon(client: Client, ref: ObjectRef): Promise<void> {
  try {
    await record(client, ref);
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

/** Those that bear the number of the configuration. */
export async function buildsOf(client: Client, { namespace, name }: ObjectRef): Promise<Build[]> {
  const { items } = await client.list(buildKind, { namespace });
  return items.filter(
    ({ metadata }) => metadata.labels?.[configLabel] === name || numberOf(metadata.name ?? "", name) > 0,
  );
}

export function nextNumber(config: BuildConfig | undefined, builds: readonly Build[]): number {
  const name = config?.metadata.name ?? "";
  const numbers = builds.map(({ metadata }) => numberOf(metadata.name ?? "", name));
  return Math.max(config?.status?.lastVersion ?? 0, ...numbers) + 1;
}

/** Finds the images once; the build is then made under any number. Throws BadRequest when one is not there. */
export function buildMaker(
  config: BuildConfig,
  wish: BuildWish,
  streamOf: StreamOf,
): (number: number) => Build {
  const { triggers: _triggers, runPolicy: _policy, ...rest } = config.spec;
  const { successfulBuildsHistoryLimit: _good, failedBuildsHistoryLimit: _bad, ...common } = rest;
  const found = withImages(common, config.metadata.namespace ?? "", streamOf);
  const { name } = config.metadata;
  if ("problems" in found)
    throw new StatusError("BadRequest", `cannot build ${name}: ${found.problems.join("; ")}`);
  const images = triggerImages(config, streamOf);
  return (number) => newBuild({ config, number, wish, spec: found.spec, images });
}

/** The streams that the configuration, or a build, names, as they are now. */
export async function readStreams(client: Client, config: NamesStreams): Promise<StreamOf> {
  const streams = new Map<string, ImageStream>();
  for (const key of streamKeysOf(config)) {
    const found = await findObject(client, imageStream, refFromKey(key));
    if (found !== undefined) streams.set(key, found);
  }
  return (key) => streams.get(key);
}

function wishOf({ cause, causes = [], commit, ...rest }: StartBuild): BuildWish {
  const [first, ...more] = causes;
  const revision = rest.revision ?? (commit === undefined ? undefined : { type: "Git", git: { commit } });
  return { ...rest, revision, causes: [{ message: cause, ...first }, ...more] };
}

function numberOf(build: string, config: string): number {
  const number = build.startsWith(`${config}-`) ? build.slice(config.length + 1) : "";
  return /^\d+$/.test(number) ? Number(number) : 0;
}
