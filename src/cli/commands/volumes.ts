import { sizeCell } from "../../model/cells.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { ageText } from "../../model/table.ts";
import { isOverItsSize, toldUse, volumeSizeBytes } from "../../model/volume-use.ts";
import { appOption } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { outputOption } from "../manifests.ts";
import { objectText } from "../output.ts";
import { mount, unmount } from "../volumes/change-mounts.ts";
import { getVolume, mountsByClaim, mountText, sizeOf, volumeLabel } from "../volumes/find-volume.ts";
import { createVolume } from "../volumes/create-volume.ts";
import { deleteSnapshot, listSnapshots, takeSnapshot } from "../volumes/snapshots.ts";
import { showVolume } from "../volumes/volume-info.ts";
import { pause, pollMs } from "../wait.ts";

const actions: Readonly<
  Record<string, (context: CommandContext, words: readonly string[]) => Promise<number | void>>
> = {
  list,
  create,
  mount,
  unmount,
  snapshot: takeSnapshot,
  snapshots: listSnapshots,
  restore: async (context, [snapshot, name]) => await createVolume(context, { name, from: snapshot ?? "" }),
  "delete-snapshot": deleteSnapshot,
  info: async (context, [name]) => await showVolume(context, await getVolume(context, name)),
  destroy,
};

export const command: Command = {
  name: "volumes",
  group: "Apps",
  summary: "Directories of apps that outlive deploys: make, mount, unmount, look at, destroy.",
  usage:
    "[list | create NAME | mount NAME DIRECTORY | unmount NAME | info NAME | destroy NAME |\n" +
    "       snapshot NAME [SNAPSHOT] | snapshots [NAME] | restore SNAPSHOT NAME | delete-snapshot SNAPSHOT]",
  description:
    "A volume is a directory that a process type finds where it is mounted, whichever release runs. One instance at a time\n" +
    "may have it: at a deploy the old one ends before the new one starts, and the process type cannot be scaled above one.\n" +
    "One that is made with --shared may be mounted by several. destroy removes its files for good, and refuses while apps have\n" +
    "it. A snapshot has the files as of one moment, while the app goes on; restore makes a new volume of it, which can be mounted\n" +
    "in the place of the old one. They are PersistentVolumeClaims and VolumeSnapshots.",
  subcommands: Object.keys(actions),
  options: [
    appOption,
    outputOption(["yaml", "json"]),
    {
      name: "size",
      type: "string",
      value: "SIZE",
      description: "With create and restore: how much it should hold (default: 1Gi, or as much as before).",
    },
    {
      name: "shared",
      type: "boolean",
      description: "With create and restore: several instances may have it at a time.",
    },
    {
      name: "process",
      type: "string",
      value: "TYPE",
      description: "With mount: the process type that has it (default: web); with unmount, only from that.",
    },
    { name: "read-only", type: "boolean", description: "With mount: it can only be read there." },
    {
      name: "confirm",
      type: "string",
      value: "NAME",
      description: "With destroy and delete-snapshot: the name again, as a guard.",
    },
    { name: "no-wait", type: "boolean", description: "Do not wait until it is done." },
  ],
  examples: [
    "nagi volumes create uploads --size 5Gi",
    "nagi volumes mount uploads /app/uploads --app shop",
    "nagi volumes info uploads",
    "nagi volumes unmount uploads --app shop",
    "nagi volumes snapshot uploads monday",
    "nagi volumes restore monday uploads-monday && nagi volumes mount uploads-monday /app/uploads --app shop",
  ],
  async run(context) {
    const [action = "list", ...words] = context.args;
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act !== undefined) return await act(context, words);
    throw new UsageError(
      `nagi volumes has no action ${JSON.stringify(action)}`,
      `The actions: ${Object.keys(actions).join(", ")}`,
    );
  },
};

async function list(context: CommandContext): Promise<void> {
  const client = await context.client();
  const namespace = await context.namespace();
  const found = await client.list(persistentVolumeClaim, { namespace, labelSelector: volumeLabel });
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(found, output));
  if (found.items.length === 0)
    return context.terminal.note("No volumes yet. Make one: nagi volumes create NAME");
  const mounts = await mountsByClaim(context);
  const rows = found.items.map((claim) => {
    const { name = "", creationTimestamp } = claim.metadata;
    const where = (mounts.get(name) ?? []).map(mountText).join("; ");
    return [name, sizeOf(claim), ...useCells(claim), where, ageText(creationTimestamp, Date.now())];
  });
  return context.terminal.print(columns([["NAME", "SIZE", "USED", "STATUS", "MOUNTED IN", "AGE"], ...rows]));
}

function useCells(claim: PersistentVolumeClaim): readonly [used: string, status: string] {
  const usedBytes = toldUse(claim);
  const isOver = isOverItsSize(usedBytes, volumeSizeBytes(claim));
  const phase = claim.status?.phase ?? "Pending";
  return [usedBytes === undefined ? "-" : sizeCell(usedBytes), isOver ? `${phase}, over its size` : phase];
}

async function create(context: CommandContext, [name, ...rest]: readonly string[]): Promise<void> {
  if (rest.length > 0)
    throw new UsageError(`nagi volumes create takes no ${rest.join(" ")}`, "The size: --size 5Gi");
  await createVolume(context, { name });
}

async function destroy(context: CommandContext, [name]: readonly string[]): Promise<void> {
  const claim = await getVolume(context, name);
  const mounts = (await mountsByClaim(context)).get(name ?? "") ?? [];
  if (mounts.length > 0)
    throw new UsageError(
      `volume ${name} is in use by ${mounts.map(mountText).join("; ")}`,
      `Unmount it first: ${mounts.map(({ app }) => `nagi volumes unmount ${name} --app ${app}`).join("; ")}`,
    );
  if (claim.metadata.labels?.[volumeLabel] === undefined)
    throw new UsageError(
      `${name} was not made by nagi volumes create`,
      `If nothing needs it: nagi delete pvc ${name}`,
    );
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this deletes the volume ${name} and all its files for good`,
      `If that is meant: nagi volumes destroy ${name} --confirm ${name}`,
    );
  const client = await context.client();
  await client.delete(persistentVolumeClaim, refOf(claim));
  context.terminal.progress(`Deleting ${name}`);
  while (!context.flag("no-wait")) {
    try {
      const still = await client.get(persistentVolumeClaim, refOf(claim));
      if (still.metadata.uid !== claim.metadata.uid) break;
    } catch (error) {
      if (isNotFound(error)) break;
      throw error;
    }
    await pause(pollMs, context.signal);
  }
  context.terminal.progressDone();
  context.terminal.print(`Deleted volume ${name}`);
}
