/** Volumes for apps: claims, and who has them. */

import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { processOfVolume, type AppVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";

/** On claims that `nagi volumes` made: what others made is theirs, and an add-on's is the add-on's. */
export const volumeLabel = "nagi.dev/volume";
export const sharedMode = "ReadWriteMany" as const;

export interface Mount {
  readonly app: string;
  readonly process: string;
  readonly volume: AppVolume;
}

export async function getVolume(
  context: CommandContext,
  name: string | undefined,
): Promise<PersistentVolumeClaim> {
  if (name === undefined)
    throw new UsageError("the name of a volume is missing", "Those there are: nagi volumes");
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await client.get(persistentVolumeClaim, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no volume ${name} in namespace ${namespace}`,
      `Those there are: nagi volumes. Make one: nagi volumes create ${name}`,
    );
  }
}

export function isShared({ spec }: PersistentVolumeClaim): boolean {
  return spec.accessModes?.includes(sharedMode) === true;
}

export function sizeOf({ spec, status }: PersistentVolumeClaim): string {
  return status?.capacity?.["storage"] ?? spec.resources?.requests?.["storage"] ?? "-";
}

/** Of all apps of the namespace, by the claim's name. */
export async function mountsByClaim(context: CommandContext): Promise<Map<string, Mount[]>> {
  const client = await context.client();
  const { items } = await client.list(appKind, { namespace: await context.namespace() });
  const all = items.flatMap((app) => mountsOf(app).map((mount) => [mount.volume.claim, mount] as const));
  const result = new Map<string, Mount[]>();
  for (const [claim, mount] of all) result.set(claim, [...(result.get(claim) ?? []), mount]);
  return result;
}

function mountsOf({ metadata, spec }: App): Mount[] {
  return (spec?.volumes ?? []).map((volume) => ({
    app: metadata.name ?? "",
    process: processOfVolume(volume),
    volume,
  }));
}

export function mountText({ app, process, volume }: Mount): string {
  return `${app} (${process}) at ${volume.path}${volume.readOnly === true ? ", read only" : ""}`;
}
