/** Volumes that processes of an app have: claims, and where they are seen. */

import { webProcess } from "./app-names.ts";
import { invalid, invalidIf, type FieldError } from "../../../field-error.ts";
import { checkDnsLabel } from "../../../names.ts";
import { boolean, object, required, string, type Infer } from "../../../schema.ts";
import { checkProcessType } from "../app-names.ts";
import type { Container } from "../../core/pod/container.ts";
import type { PodSpec } from "../../core/pod/pod-spec.ts";
import type { AppProcess } from "./app-process.ts";

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

/** The volumes that commands beside the processes see: one-off commands, cron jobs, the release phase. */
export function sharedVolumes(volumes: readonly AppVolume[] = []): readonly AppVolume[] {
  return atDistinctPaths(volumes.filter(({ shared }) => shared === true));
}

/** Of several process types one volume is at a path, web's first. */
export function atDistinctPaths(volumes: readonly AppVolume[]): readonly AppVolume[] {
  const isWeb = (each: AppVolume): boolean => processOfVolume(each) === webProcess;
  const ordered = [...volumes.filter(isWeb), ...volumes.filter((each) => !isWeb(each))];
  return ordered.filter((each, index) => ordered.findIndex(({ path }) => path === each.path) === index);
}

/** What a pod and its container have of volumes. */
export function volumeParts(all: readonly AppVolume[] = []): {
  readonly volumes?: Pick<PodSpec, "volumes">;
  readonly volumeMounts?: Pick<Container, "volumeMounts">;
} {
  if (all.length === 0) return {};
  const claims = [...new Set(all.map(({ claim }) => claim))];
  return {
    volumes: { volumes: claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })) },
    volumeMounts: {
      volumeMounts: all.map(({ claim, path, readOnly }) => ({
        name: claim,
        mountPath: path,
        ...(readOnly === true ? { readOnly } : {}),
      })),
    },
  };
}
