/** The files of volumes that are made of objects: ConfigMaps, Secrets, values of the pod. */

import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Volume } from "../../model/kinds/core/pod/volume.ts";
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
} from "../../model/kinds/core/pod/volume-files.ts";
import { volumeFilesMaxBytes } from "./limits.ts";
import { MountError } from "./mount-error.ts";
import { containerOf, fieldValue, resourceValue, type PodPlace } from "./pod-fields.ts";
import type { Entries, PodObjects } from "./pod-objects.ts";

export interface VolumeFile {
  /** Below the volume's root; never leaves it. */
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

export interface VolumeInput {
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly objects: PodObjects;
}

const ordinaryMode = 0o644;

/** Whether the volume is of this sort. */
export function isFileVolume(volume: Volume): boolean {
  const { configMap, secret, downwardAPI, projected } = volume;
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

export async function volumeFiles(volume: Volume, input: VolumeInput): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, projected } = volume;
  const files: VolumeFile[] = [];
  if (configMap !== undefined) {
    files.push(...(await entryFiles({ ...configMap, type: "config" }, input)));
  } else if (secret !== undefined) {
    files.push(...(await entryFiles({ ...secret, name: secret.secretName, type: "secret" }, input)));
  } else if (downwardAPI !== undefined) {
    files.push(...downwardFiles(downwardAPI.items ?? [], downwardAPI.defaultMode, input));
  } else if (projected !== undefined) {
    files.push(...(await projectedFiles(projected, input)));
  }
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  if (size > volumeFilesMaxBytes) throw new MountError(`${size} bytes are more than ${volumeFilesMaxBytes}`);
  return files;
}

interface EntrySource {
  readonly type: "config" | "secret";
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
  readonly defaultMode?: number | undefined;
}

async function entryFiles(source: EntrySource, { objects }: VolumeInput): Promise<VolumeFile[]> {
  const { type, name = "", items, optional = false, defaultMode = ordinaryMode } = source;
  const entries: Entries | undefined = await (type === "config"
    ? objects.configMap(name)
    : objects.secret(name));
  if (entries === undefined) {
    if (optional) return [];
    throw new MountError(`${type === "config" ? "configmap" : "secret"} "${name}" not found`);
  }
  if (items === undefined) {
    return [...entries].map(([path, content]) => ({ path, mode: defaultMode, content }));
  }
  return items.flatMap(({ key, path, mode }) => {
    const content = entries.get(key);
    if (content !== undefined) return [{ path: checkedPath(path), mode: mode ?? defaultMode, content }];
    if (optional) return [];
    throw new MountError(`references non-existent ${type} key: ${key}`);
  });
}

function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
  { pod, place }: VolumeInput,
): VolumeFile[] {
  return items.map(({ path, mode, fieldRef, resourceFieldRef }) => {
    const text =
      fieldRef !== undefined
        ? fieldValue(pod, place, fieldRef.fieldPath)
        : resourceFieldRef !== undefined
          ? resourceValue(containerOf(pod, resourceFieldRef.containerName), place, resourceFieldRef)
          : "";
    return { path: checkedPath(path), mode: mode ?? defaultMode ?? ordinaryMode, content: Buffer.from(text) };
  });
}

async function projectedFiles(source: ProjectedVolumeSource, input: VolumeInput): Promise<VolumeFile[]> {
  const { sources = [], defaultMode } = source;
  const files: VolumeFile[] = [];
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources) {
    if (configMap !== undefined)
      files.push(...(await entryFiles({ ...configMap, type: "config", defaultMode }, input)));
    if (secret !== undefined)
      files.push(...(await entryFiles({ ...secret, type: "secret", defaultMode }, input)));
    if (downwardAPI !== undefined) files.push(...downwardFiles(downwardAPI.items ?? [], defaultMode, input));
    if (serviceAccountToken !== undefined) {
      throw new MountError("service account tokens are not given out by this engine");
    }
  }
  return files;
}

function checkedPath(path: string): string {
  const parts = path.split("/");
  const leaves =
    path.startsWith("/") || parts.includes("..") || parts[0]?.startsWith("..") === true || path === "";
  if (leaves) throw new MountError(`path ${JSON.stringify(path)} must be relative and not contain '..'`);
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}
