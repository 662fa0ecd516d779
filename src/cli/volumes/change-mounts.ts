/** Gives an app's processes a volume, and takes it back. */

import type { AppVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import { checkMountPath, processOfVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { JsonValue } from "../../model/schema.ts";
import { getApp } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { checkTypes } from "../process-types.ts";
import { changeApp } from "../rolled-out.ts";
import { getVolume, isShared, mountsByClaim, mountText } from "./find-volume.ts";

/** `mount VOLUME PATH` */
export async function mount(
  context: CommandContext,
  [name, path, ...rest]: readonly string[],
): Promise<void> {
  if (path === undefined || rest.length > 0)
    throw new UsageError(
      "nagi volumes mount needs a volume and a directory",
      `For instance: nagi volumes mount ${name ?? "uploads"} /data --app shop`,
    );
  const problem = checkMountPath(path);
  if (problem !== undefined) throw new UsageError(`the directory ${JSON.stringify(path)} ${problem}`);
  const found = await getApp(context);
  const claim = await getVolume(context, name);
  const app = found.metadata.name ?? "";
  const process = context.text("process") ?? "web";
  checkTypes(found, [process]);
  const shared = isShared(claim);
  const users = (await mountsByClaim(context)).get(name ?? "") ?? [];
  const other = users.find((each) => each.app !== app || each.process !== process);
  if (other !== undefined && !shared)
    throw new UsageError(
      `volume ${name} is in use by ${mountText(other)}: one instance at a time may have it`,
      `Unmount it there: nagi volumes unmount ${name} --app ${other.app}. Or make one for several: nagi volumes create NAME --shared`,
    );
  const wanted: AppVolume = {
    claim: name ?? "",
    path,
    ...(process === "web" ? {} : { process }),
    ...(context.flag("read-only") ? { readOnly: true } : {}),
    ...(shared ? { shared: true } : {}),
  };
  const volumes = [...(found.spec?.volumes ?? []).filter((each) => !isSame(each, wanted)), wanted];
  await change(context, found, volumes);
  context.terminal.print(`Mounted ${name} in ${app} (${process}) at ${path}`);
  if (found.status?.latestVersion === undefined)
    context.terminal.print("The app's first release will have it.");
}

function isSame(left: AppVolume, right: AppVolume): boolean {
  return left.path === right.path && processOfVolume(left) === processOfVolume(right);
}

/** `unmount VOLUME`, from all places of the app or those of one process type. */
export async function unmount(context: CommandContext, [name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || rest.length > 0)
    throw new UsageError(
      "nagi volumes unmount needs a volume",
      "For instance: nagi volumes unmount uploads --app shop",
    );
  const found = await getApp(context);
  const app = found.metadata.name ?? "";
  const process = context.text("process");
  const present = found.spec?.volumes ?? [];
  const kept = present.filter(
    (each) => each.claim !== name || (process !== undefined && processOfVolume(each) !== process),
  );
  if (kept.length === present.length) {
    const has = present.map(({ claim, path }) => `${claim} at ${path}`).join(", ");
    throw new UsageError(
      `volume ${name} is not mounted in ${app}${process === undefined ? "" : ` (${process})`}`,
      has === "" ? `${app} has no volumes` : `${app} has ${has}`,
    );
  }
  await change(context, found, kept);
  context.terminal.print(`Unmounted ${name} from ${app}; its files stay`);
}

async function change(context: CommandContext, found: App, volumes: readonly AppVolume[]): Promise<void> {
  await changeApp(context, found, { volumes: JSON.parse(JSON.stringify(volumes)) as JsonValue });
}
