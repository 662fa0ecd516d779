/** What a volume is, who has it, and how much is in it. */

import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { PersistentVolumeClaim } from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { findCondition } from "../../model/conditions.ts";
import { refOf } from "../../model/meta.ts";
import { sizeCell } from "../../model/cells.ts";
import { isOverItsSize, toldUse, volumeSizeBytes } from "../../model/volume-use.ts";
import type { CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { objectText } from "../output.ts";
import { runSession } from "../session.ts";
import { isShared, mountsByClaim, mountText, sizeOf, type Mount } from "./find-volume.ts";

export async function showVolume(context: CommandContext, claim: PersistentVolumeClaim): Promise<void> {
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(claim, output));
  const { metadata, spec, status } = claim;
  const mounts = (await mountsByClaim(context)).get(metadata.name ?? "") ?? [];
  const users = await podsWith(context, claim);
  context.terminal.print(
    columns([
      ["Volume:", metadata.name ?? ""],
      ["Status:", statusOf(claim)],
      ["Size:", `${sizeOf(claim)}, ${await usedText(context, claim, mounts)}`],
      ["For:", isShared(claim) ? "several instances at a time" : "one instance at a time"],
      ...(mounts.length === 0
        ? [["Mounted in:", "no app"]]
        : mounts.map((each) => ["Mounted in:", mountText(each)])),
      ["Used by:", users.map((each) => each.metadata.name).join(", ") || "no pod"],
      ["Class:", spec.storageClassName ?? "-"],
      ["Files:", status?.phase === "Bound" ? `PersistentVolume ${spec.volumeName}` : "-"],
    ]),
  );
}

function statusOf({ metadata, status }: PersistentVolumeClaim): string {
  if (metadata.deletionTimestamp !== undefined) return "Terminating: it goes when no pod uses it";
  return status?.phase === "Bound" ? "Bound" : "Pending: it is made when the first pod comes";
}

async function podsWith(context: CommandContext, { metadata }: PersistentVolumeClaim): Promise<Pod[]> {
  const client = await context.client();
  const { items } = await client.list(pod, { namespace: metadata.namespace });
  return items.filter(({ spec, status }) => {
    const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
    const claims = (spec.volumes ?? []).map(({ persistentVolumeClaim: named }) => named?.claimName);
    return !isOver && claims.includes(metadata.name);
  });
}

async function usedText(
  context: CommandContext,
  claim: PersistentVolumeClaim,
  mounts: readonly Mount[],
): Promise<string> {
  const usedBytes = await usedBytesOf(context, claim, mounts);
  if (usedBytes === undefined) return "use unknown: it has not been counted yet";
  const isOver = isOverItsSize(usedBytes, volumeSizeBytes(claim));
  return `${sizeCell(usedBytes)} used${isOver ? ": MORE THAN ITS SIZE, which is not enforced" : ""}`;
}

/**
 * Counted where it is mounted: the files may be anywhere. When no instance that has it can say, what the claim says of it;
 * undefined when it does not.
 */
export async function usedBytesOf(
  context: CommandContext,
  claim: PersistentVolumeClaim,
  mounts: readonly Mount[],
): Promise<number | undefined> {
  const users = await podsWith(context, claim);
  for (const { app, process, volume } of mounts) {
    const running = users.find(
      ({ metadata, status }) =>
        metadata.labels?.[appLabel] === app &&
        metadata.labels[processLabel] === process &&
        findCondition(status?.conditions, "Ready")?.status === "True",
    );
    if (running === undefined) continue;
    const usedBytes = await diskUse(context, running, { process, path: volume.path });
    if (usedBytes !== undefined) return usedBytes;
  }
  return toldUse(claim);
}

async function diskUse(
  context: CommandContext,
  running: Pod,
  { process, path }: { readonly process: string; readonly path: string },
): Promise<number | undefined> {
  let text = "";
  const code = await runSession(context, refOf(running), {
    subresource: "exec",
    container: process,
    command: ["du", "-sk", path],
    output: (data) => void (text += Buffer.from(data).toString("utf8")),
    errors: () => undefined,
  });
  const kibibytes = /^(\d+)\s/.exec(text)?.[1];
  // An image without du, or files that its user may not look at: what was counted is told all the same.
  return kibibytes === undefined || (code !== 0 && kibibytes === "0") ? undefined : Number(kibibytes) * 1024;
}
