/** Makes a volume, empty or with the files of a snapshot. */

import { newObject } from "../../model/kind.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { snapshotGroup, volumeSnapshot } from "../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { byteValue } from "../../model/quantity.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { sharedMode, volumeLabel } from "./find-volume.ts";
import { getSnapshot } from "./snapshots.ts";

const defaultSize = "1Gi";

export interface WantedVolume {
  readonly name: string | undefined;
  /** Name of a snapshot. */
  readonly from?: string;
}

export async function createVolume(context: CommandContext, { name, from }: WantedVolume): Promise<void> {
  if (name === undefined)
    throw new UsageError(
      "the new volume needs a name",
      from === undefined
        ? "For instance: nagi volumes create uploads --size 5Gi"
        : "For instance: nagi volumes restore monday uploads-monday",
    );
  const source = from === undefined ? undefined : await sourceOf(context, from);
  const client = await context.client();
  const namespace = await context.namespace();
  // The scheduler itself keeps a second pod from it, whoever makes one.
  const accessModes = [context.flag("shared") ? sharedMode : ("ReadWriteOncePod" as const)];
  const storage = context.text("size") ?? source?.size ?? defaultSize;
  const spec = {
    accessModes,
    resources: { requests: { storage } },
    ...(source === undefined ? {} : { dataSource: source.dataSource }),
  };
  const metadata = { namespace, name, labels: { [volumeLabel]: name } };
  try {
    await client.create(
      persistentVolumeClaim,
      newObject<PersistentVolumeClaim>(persistentVolumeClaim, metadata, { spec }),
      { fieldValidation: "Strict" },
    );
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(`there is a volume ${name} already`, `What it is: nagi volumes info ${name}`);
  }
  const files = from === undefined ? "" : ` of snapshot ${from}`;
  context.terminal.print(`Made volume ${name}${files}. Next: nagi volumes mount ${name} DIRECTORY --app APP`);
  if (from !== undefined)
    context.terminal.print(
      `The files are copied when an instance first has it: until then snapshot ${from} is needed.`,
    );
}

async function sourceOf(context: CommandContext, name: string) {
  const { status = {} } = await getSnapshot(context, name);
  if (status.readyToUse !== true)
    throw new UsageError(
      `snapshot ${name} is not ready: ${status.error?.message ?? "it is being taken"}`,
      "How they are: nagi volumes snapshots",
    );
  const size = status.restoreSize;
  const asked = context.text("size");
  if (asked !== undefined && size !== undefined && byteValue(asked) < byteValue(size))
    throw new UsageError(
      `--size ${asked} is less than the ${size} of the volume that snapshot ${name} is of`,
    );
  return { size, dataSource: { apiGroup: snapshotGroup, kind: volumeSnapshot.kind, name } };
}
