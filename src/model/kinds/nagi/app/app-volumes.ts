/** Volumes that processes of an app have: claims, and where they are seen. */

import { invalid, invalidIf, type FieldError } from "../../../field-error.ts";
import { checkDnsLabel } from "../../../names.ts";
import { boolean, object, required, string, type Infer } from "../../../schema.ts";
import { checkProcessType } from "../app-names.ts";
import type { AppProcess } from "./app-process.ts";

const webProcess = "web";

export function checkMountPath(path: string): string | undefined {
  const isPlain =
    /^(\/[^/:,\s]+)+$/.test(path) && !path.split("/").some((part) => part === "." || part === "..");
  return isPlain ? undefined : "must be an absolute path below /, without a slash at its end, such as /data";
}

export const appVolume = object(
  "A volume that a process type has.",
  {
    claim: required(string("Name of the PersistentVolumeClaim.", { check: checkDnsLabel })),
    path: required(string("Directory where it is seen.", { check: checkMountPath })),
    process: string("Process type; web when absent.", { check: checkProcessType }),
    readOnly: boolean("Whether it can only be read there."),
    shared: boolean(
      "Whether several instances may have it at a time, which the claim must allow; else one may.",
    ),
  },
  { name: "dev.nagi.v1.AppVolume" },
);
export interface AppVolume extends Infer<typeof appVolume> {}

export function processOfVolume({ process }: AppVolume): string {
  return process ?? webProcess;
}

/** One instance at a time may have a volume: more would wait for ever, or write into each other's files. */
export function volumeErrors(
  volumes: readonly AppVolume[],
  processes: Readonly<Record<string, AppProcess>>,
): FieldError[] {
  return volumes.flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`;
    const process = processOfVolume(volume);
    const before = volumes.slice(0, index);
    const samePlace = before.some((each) => each.path === volume.path && processOfVolume(each) === process);
    const other = before.find((each) => each.claim === volume.claim && processOfVolume(each) !== process);
    const { replicas = 1 } = processes[process] ?? {};
    const isShared = volume.shared === true;
    return [
      ...invalidIf(
        samePlace ? `${process} has another volume there` : undefined,
        `${field}.path`,
        volume.path,
      ),
      ...(other === undefined || (isShared && other.shared === true)
        ? []
        : [
            invalid(
              `${field}.claim`,
              volume.claim,
              `${processOfVolume(other)} has it already: one instance at a time may have a volume that is not shared`,
            ),
          ]),
      ...(replicas <= 1 || isShared
        ? []
        : [
            invalid(
              `spec.processes[${process}].replicas`,
              replicas,
              `${process} has the volume ${volume.claim}, which one instance at a time may have: scale it to 1, unmount it, or make a volume with --shared`,
            ),
          ]),
    ];
  });
}

/** A volume of the process type that one instance at a time may have; undefined when it has none. */
export function singleVolumeOf(volumes: readonly AppVolume[] = [], process: string): AppVolume | undefined {
  return volumes.find((each) => each.shared !== true && processOfVolume(each) === process);
}
