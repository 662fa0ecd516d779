/**
 * A pod's directory on the node: its volumes, its /etc/hosts, the last messages of its containers. It lives as
 * long as the pod object and is found again by the pod's uid.
 */

import { chmod, chown, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { byteValue } from "../../model/quantity.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Volume } from "../../model/kinds/core/pod/volume.ts";
import { messageOf } from "../../lib/errors.ts";
import { runProgram } from "../../lib/system-programs.ts";
import { claimNameOf, isReadOnly, pathOfVolume } from "./claimed-volume.ts";
import { writeFileDirectory } from "./file-directory.ts";
import { prepareHostPath } from "./host-path.ts";
import { MountError } from "./mount-error.ts";
import { ConfigError } from "./pod-fields.ts";
import { expandVariables } from "./variables.ts";
import { isFileVolume, volumeFiles, type VolumeInput } from "./volume-files.ts";

/** A volume that could not be made; the message is the user's. */
export interface VolumeFailure {
  readonly volume: string;
  readonly message: string;
}

export class PodDirectory {
  readonly path: string;

  constructor(podsDir: string, podUid: string) {
    this.path = join(podsDir, podUid);
  }

  /** Makes every volume, and brings the files of those that are there up to date. */
  async prepareVolumes(input: VolumeInput): Promise<VolumeFailure | undefined> {
    for (const volume of input.pod.spec.volumes ?? []) {
      try {
        await this.#prepare(volume, input);
      } catch (error) {
        return { volume: volume.name, message: messageOf(error) };
      }
    }
    return undefined;
  }

  async writeHosts(content: string): Promise<string> {
    const file = join(this.path, "etc-hosts");
    await mkdir(this.path, { recursive: true, mode: 0o750 });
    // In place, because containers hold this very file.
    if ((await readFile(file, "utf8").catch(() => undefined)) !== content) await writeFile(file, content);
    return file;
  }

  /** An empty file for a container's last message. */
  async makeTerminationLog(container: string, attempt: number): Promise<string> {
    const dir = join(this.path, "containers", container);
    await mkdir(dir, { recursive: true, mode: 0o750 });
    const file = join(dir, `${attempt}.log`);
    await writeFile(file, "", { mode: 0o666 });
    await chmod(file, 0o666);
    return file;
  }

  async removeTerminationLog(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  /** The container's mounts, as the engine takes them. */
  async binds(
    container: Container,
    input: VolumeInput,
    environment: ReadonlyMap<string, string>,
  ): Promise<string[]> {
    const { volumes = [] } = input.pod.spec;
    const result: string[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = volumes.find(({ name }) => name === mount.name);
      if (volume === undefined) throw new ConfigError(`volume "${mount.name}" not found in pod`);
      const root = await this.#pathOf(volume, input);
      const sub =
        mount.subPathExpr === undefined
          ? mount.subPath
          : expandVariables(mount.subPathExpr, (name) => environment.get(name));
      const source = sub === undefined || sub === "" ? root : await subPathIn(root, sub);
      const writable = mount.readOnly !== true && !isFileVolume(volume) && !isReadOnly(volume);
      const propagation = propagationOf(mount.mountPropagation);
      const options = [writable ? "rw" : "ro", ...propagation];
      result.push(`${source}:${mount.mountPath}:${options.join(",")}`);
    }
    return result;
  }

  /** Removes all of it, with what is mounted in it. */
  async remove(): Promise<void> {
    await this.removeVolumes();
    await rm(this.path, { recursive: true, force: true });
  }

  /** What lived only as long as the pod ran. */
  async removeVolumes(): Promise<void> {
    const volumes = join(this.path, "volumes");
    for (const name of await readdir(volumes).catch(() => [])) {
      if (await isMounted(join(volumes, name))) await runProgram("umount", [join(volumes, name)]);
    }
    await rm(volumes, { recursive: true, force: true });
  }

  async #pathOf(volume: Volume, { pod, objects }: VolumeInput): Promise<string> {
    const claimName = claimNameOf(pod, volume);
    if (claimName !== undefined) return pathOfVolume(await objects.claimed(claimName));
    return volume.hostPath?.path ?? join(this.path, "volumes", volume.name);
  }

  async #prepare(volume: Volume, input: VolumeInput): Promise<void> {
    const group = input.pod.spec.securityContext?.fsGroup;
    const path = await this.#pathOf(volume, input);
    if (claimNameOf(input.pod, volume) !== undefined) {
      if (group !== undefined && !isReadOnly(volume)) await giveToGroup(path, group);
    } else if (isFileVolume(volume)) {
      await writeFileDirectory(path, await volumeFiles(volume, input), group);
    } else if (volume.hostPath !== undefined) {
      await prepareHostPath(volume.hostPath);
    } else {
      const other = Object.keys(volume).find((key) => key !== "name" && key !== "emptyDir");
      if (other !== undefined)
        throw new MountError(`volumes of type ${other} are not supported by this engine`);
      await prepareEmptyDir(path, volume.emptyDir ?? {}, group);
    }
  }
}

async function prepareEmptyDir(
  path: string,
  { medium, sizeLimit }: NonNullable<Volume["emptyDir"]>,
  group: number | undefined,
): Promise<void> {
  await mkdir(path, { recursive: true });
  if (medium === "Memory" && !(await isMounted(path))) {
    const size = sizeLimit === undefined ? [] : [`size=${byteValue(sizeLimit)}`];
    await runProgram("mount", ["-t", "tmpfs", "-o", ["mode=0777", ...size].join(","), "tmpfs", path]);
  }
  await chmod(path, group === undefined ? 0o777 : 0o2777);
  if (group !== undefined) await chown(path, 0, group);
}

/** New files in it belong to the group, too. */
async function giveToGroup(path: string, group: number): Promise<void> {
  const { mode, uid, gid } = await stat(path);
  if (gid !== group) await chown(path, uid, group);
  await chmod(path, (mode & 0o7777) | 0o2770);
}

async function isMounted(path: string): Promise<boolean> {
  const [own, above] = await Promise.all([stat(path), stat(join(path, ".."))]);
  return own.dev !== above.dev;
}

/** Made when it is not there. A link inside the volume must not lead out of it. */
async function subPathIn(root: string, sub: string): Promise<string> {
  if (sub.startsWith("/") || sub.split("/").includes("..")) {
    throw new ConfigError(`subPath ${JSON.stringify(sub)} must be relative and not contain '..'`);
  }
  const path = join(root, sub);
  if ((await stat(path).catch(() => undefined)) === undefined) {
    await mkdir(path, { recursive: true });
    // Who may write to the volume may write there too.
    await chmod(path, (await stat(root)).mode & 0o7777);
  }
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) {
    throw new ConfigError(`subPath ${JSON.stringify(sub)} leads out of the volume`);
  }
  return real;
}

function propagationOf(mode: string | undefined): string[] {
  if (mode === "HostToContainer") return ["rslave"];
  return mode === "Bidirectional" ? ["rshared"] : [];
}
