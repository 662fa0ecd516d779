/** What the platform half has for images: copying, streams, removal, digests. */

import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { systemClock } from "../lib/clock.ts";
import type { ContainerEngine } from "../lib/container-engine/container-engine.ts";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import { createImageStreams, type ImageStreams } from "../platform/images/image-streams.ts";
import { Pruner } from "../platform/images/prune.ts";
import { ResolveHandler } from "../platform/images/resolve-handler.ts";
import { Skopeo } from "../platform/images/skopeo.ts";
import type { Registry } from "../platform/registry/registry.ts";
import type { PlatformConfig } from "./config.ts";
import { outsideOf } from "./outside.ts";

interface Given {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly engine: ContainerEngine;
  readonly clientFor: (component: string) => Client;
}

const pullMaxMs = 120_000;

/** Asked before a rollback: an image that is pulled now is surely there. */
export async function missingImageOf(
  { image, id }: { readonly image: string; readonly id: string | undefined },
  engine: ContainerEngine,
  { address, credentials }: Registry,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(pullMaxMs);
  const options = image.startsWith(`${address}/`)
    ? { auth: credentials, insecure: true, signal }
    : { signal };
  try {
    if (!(await engine.hasImage(image))) for await (const _step of engine.pullImage(image, options));
    const present = (await engine.inspectImage(image)).Id.replace("sha256:", "");
    if (id === undefined || id.replace("sha256:", "") === present) return undefined;
    return `${image} names another image by now than the one that ran`;
  } catch (error) {
    return `its image ${image} can no longer be had: ${messageOf(error)}`;
  }
}

export function openSkopeo({ dataDir }: PlatformConfig, { address, credentials }: Registry): Skopeo {
  const registry = { address, ...credentials };
  const env = async () => (await outsideOf(dataDir)).env;
  return new Skopeo({ workDir: join(dataDir, "work"), registry, env });
}

export function openResolve(
  { clientFor, engine }: Given,
  { address: registryAddress }: Registry,
  skopeo: Skopeo,
): ResolveHandler {
  return new ResolveHandler({
    client: clientFor("resolve-images"),
    registryAddress,
    registryDigest: (image, auths) => skopeo.digest(image, auths),
    engineDigests: async (image) => {
      if (!(await engine.hasImage(image))) return undefined;
      const { RepoDigests } = await engine.inspectImage(image);
      return (RepoDigests ?? []).map((each) => each.slice(each.indexOf("@") + 1));
    },
  });
}

export function openStreams({ clientFor, log }: Given, registry: Registry, copier: Skopeo): ImageStreams {
  return createImageStreams({
    client: clientFor("images"),
    registryAddress: registry.address,
    storage: registry.storage,
    copier,
    clock: systemClock,
    log,
  });
}

export function openPruner(
  { config, clientFor, log }: Given,
  registry: Registry,
  sweepEngine: () => Promise<void>,
): Pruner {
  return new Pruner({
    client: clientFor("prune"),
    registry,
    sweepEngine,
    diskUsedPercent: async () => {
      // As df counts: what is reserved for the administrator is neither used nor free.
      const { blocks, bfree, bavail } = await statfs(config.dataDir);
      const used = blocks - bfree;
      return (100 * used) / Math.max(1, used + bavail);
    },
    clock: systemClock,
    log,
  });
}
