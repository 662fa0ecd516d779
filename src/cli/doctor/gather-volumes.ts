/** How full an app's volumes are, as a running instance of each counts it. */

import { persistentVolumeClaim } from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { processOfVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { toldUse, volumeSizeBytes } from "../../model/volume-use.ts";
import type { CommandContext } from "../command.ts";
import { usedBytesOf } from "../volumes/volume-info.ts";
import type { VolumeUse } from "./evidence.ts";

export async function gatherVolumes(
  context: CommandContext,
  { metadata, spec }: App,
): Promise<readonly VolumeUse[]> {
  const volumes = spec?.volumes ?? [];
  if (volumes.length === 0) return [];
  const client = await context.client();
  const { items } = await client.list(persistentVolumeClaim, { namespace: metadata.namespace });
  const app = metadata.name ?? "";
  const looked = items.map(async (claim): Promise<VolumeUse[]> => {
    const { name = "" } = claim.metadata;
    const mounts = volumes
      .filter((each) => each.claim === name)
      .map((volume) => ({ app, process: processOfVolume(volume), volume }));
    const sizeBytes = volumeSizeBytes(claim);
    if (mounts.length === 0 || sizeBytes === undefined) return [];
    // A container that ends meanwhile is looked at by other rules.
    const usedBytes = await usedBytesOf(context, claim, mounts).catch(() => toldUse(claim));
    return usedBytes === undefined
      ? []
      : [{ claim: name, path: mounts[0]?.volume.path ?? "/", usedBytes, sizeBytes }];
  });
  return (await Promise.all(looked)).flat();
}
