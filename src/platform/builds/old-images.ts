/**
 * Removes images of builds from the engine that nothing needs any more, with the layers that only they have. The
 * registry keeps its copy: an image that is asked for again is pulled.
 */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { isPushDue } from "./late-pushes.ts";

/** A fresh image may be about to be named by a release. */
const keepMs = 60 * 60_000;

export interface OldImagesOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly registry: { readonly address: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Users {
  readonly builds: readonly Build[];
  readonly releases: readonly Release[];
  readonly pods: readonly Pod[];
  readonly apps: readonly App[];
}

export async function removeOldImages(
  { client, engine, registry, clock, log }: OldImagesOptions,
  signal?: AbortSignal,
): Promise<void> {
  const before = (clock.now() - keepMs) / 1000;
  const tags = (await engine.listImages(`${registry.address}/*/*`, signal))
    .filter(({ Created }) => Created < before)
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => tag.startsWith(`${registry.address}/`));
  if (tags.length === 0) return;
  // After the images: what came since is needed by nobody's old image.
  const [builds, releases, pods, apps] = await Promise.all([
    client.list(buildKind),
    client.list(releaseKind),
    client.list(podKind),
    client.list(appKind),
  ]);
  const needed = neededImages({
    builds: builds.items,
    releases: releases.items,
    pods: pods.items,
    apps: apps.items,
  });
  for (const tag of tags.filter((each) => !needed.has(each))) {
    if (signal?.aborted === true) return;
    await engine.removeImage(tag).catch((error: unknown) => {
      log.debug("cannot remove an old image", { image: tag, error: messageOf(error) });
    });
  }
}

/** Images that run, that can be rolled back to, that are not in the registry yet, and each app's newest: its cache. */
export function neededImages({ builds, releases, pods, apps }: Users): ReadonlySet<string> {
  const newest = new Map<string, Build>();
  for (const build of builds) {
    if (build.status?.phase !== "Complete") continue;
    const { namespace = "", name = "", labels } = build.metadata;
    const group = `${namespace}/${labels?.[appLabel] ?? name}`;
    const other = newest.get(group);
    if (other === undefined || endOf(build) > endOf(other)) newest.set(group, build);
  }
  const images = [
    ...[...newest.values(), ...builds.filter(isPushDue)].map(
      ({ status }) => status?.outputDockerImageReference,
    ),
    ...releases.map(({ spec }) => spec.image),
    ...pods.flatMap(({ spec }) =>
      [...spec.containers, ...(spec.initContainers ?? [])].map(({ image }) => image),
    ),
    ...apps.map(({ spec }) => spec?.image),
  ];
  return new Set(images.filter((image) => image !== undefined));
}

function endOf({ status }: Build): number {
  return Date.parse(status?.completionTimestamp ?? "") || 0;
}
