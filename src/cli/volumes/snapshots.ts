/** Snapshots of volumes: taken, listed, deleted. */

import { newObject } from "../../model/kind.ts";
import {
  volumeSnapshot,
  type VolumeSnapshot,
} from "../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { persistentVolumeClaim } from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { ageText } from "../../model/table.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { objectText } from "../output.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";
import { getVolume } from "./find-volume.ts";

export async function getSnapshot(context: CommandContext, name: string): Promise<VolumeSnapshot> {
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await client.get(volumeSnapshot, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const what = name === "" ? "the name of a snapshot is missing" : `there is no snapshot ${name}`;
    throw new UsageError(what, "Those there are: nagi volumes snapshots");
  }
}

/** `snapshot VOLUME [SNAPSHOT]` */
export async function takeSnapshot(
  context: CommandContext,
  [volume, given, ...rest]: readonly string[],
): Promise<number> {
  if (rest.length > 0) throw new UsageError(`nagi volumes snapshot takes no ${rest.join(" ")}`);
  const claim = await getVolume(context, volume);
  const when = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const { namespace, name: persistentVolumeClaimName = "" } = claim.metadata;
  const name = given ?? `${persistentVolumeClaimName}-${when}`;
  const spec = { source: { persistentVolumeClaimName } };
  const client = await context.client();
  let made: VolumeSnapshot;
  try {
    const wanted = newObject<VolumeSnapshot>(volumeSnapshot, { namespace, name }, { spec });
    made = await client.create(volumeSnapshot, wanted);
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(`there is a snapshot ${name} already`, "Those there are: nagi volumes snapshots");
  }
  const { terminal } = context;
  if (context.flag("no-wait")) {
    terminal.print(`Snapshot ${name} of ${volume} is being taken: nagi volumes snapshots`);
    return 0;
  }
  for (;;) {
    const { status = {} } = await client.get(volumeSnapshot, refOf(made));
    if (status.readyToUse === true) break;
    if (status.error !== undefined) {
      terminal.progressDone();
      terminal.note(`${paint(terminal, "red", "error:")} no snapshot of ${volume}: ${status.error.message}`);
      await client.delete(volumeSnapshot, refOf(made));
      return 1;
    }
    terminal.progress(`Taking snapshot ${name} of ${volume}`);
    await pause(pollMs, context.signal);
  }
  terminal.progressDone();
  terminal.print(
    `Snapshot ${name} has the files of ${volume}. A volume of it: nagi volumes restore ${name} NAME`,
  );
  return 0;
}

export async function listSnapshots(context: CommandContext, [volume]: readonly string[]): Promise<void> {
  const client = await context.client();
  const found = await client.list(volumeSnapshot, { namespace: await context.namespace() });
  const items = found.items.filter(
    ({ spec }) => volume === undefined || spec.source.persistentVolumeClaimName === volume,
  );
  const output = context.text("output");
  if (output === "json" || output === "yaml")
    return context.terminal.write(objectText({ ...found, items }, output));
  if (items.length === 0)
    return context.terminal.note(`No snapshots yet. Take one: nagi volumes snapshot ${volume ?? "NAME"}`);
  const rows = items.map(({ metadata, spec, status = {} }) => [
    metadata.name ?? "",
    spec.source.persistentVolumeClaimName,
    status.error === undefined
      ? status.readyToUse === true
        ? "Ready"
        : "Pending"
      : `Failed: ${status.error.message}`,
    status.creationTime === undefined ? "-" : `${ageText(status.creationTime, Date.now())} ago`,
  ]);
  return context.terminal.print(columns([["NAME", "VOLUME", "STATUS", "AS OF"], ...rows]));
}

/** Names of those that are made of it and have none of its files yet: a claim is bound when they are all there. */
async function claimsWaitingFor(context: CommandContext, { metadata }: VolumeSnapshot): Promise<string[]> {
  const client = await context.client();
  const { items } = await client.list(persistentVolumeClaim, { namespace: metadata.namespace });
  return items
    .filter(({ metadata: { deletionTimestamp }, spec, status }) => {
      const { kind, name } = spec.dataSourceRef ?? spec.dataSource ?? {};
      const isOfIt = kind === volumeSnapshot.kind && name === metadata.name;
      return isOfIt && deletionTimestamp === undefined && (status?.phase ?? "Pending") === "Pending";
    })
    .map((claim) => claim.metadata.name ?? "");
}

export async function deleteSnapshot(context: CommandContext, [name = ""]: readonly string[]): Promise<void> {
  const found = await getSnapshot(context, name);
  const waiting = await claimsWaitingFor(context, found);
  if (waiting.length > 0)
    throw new UsageError(
      `snapshot ${name} is needed: its files are not copied yet to ${waiting.join(", ")}`,
      `They are when an instance first has it: ${waiting.map((claim) => `nagi volumes mount ${claim} DIRECTORY --app APP`).join("; ")}. ` +
        `Or do without it: ${waiting.map((claim) => `nagi volumes destroy ${claim} --confirm ${claim}`).join("; ")}`,
    );
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this deletes the snapshot ${name} of ${found.spec.source.persistentVolumeClaimName} for good`,
      `If that is meant: nagi volumes delete-snapshot ${name} --confirm ${name}`,
    );
  const client = await context.client();
  await client.delete(volumeSnapshot, refOf(found));
  context.terminal.print(`Deleted snapshot ${name}`);
}
