/** What claims and volumes say alike: how a volume may be mounted, and as what. */

import { forbidden, required, type FieldError } from "../../field-error.ts";
import { array, oneOf, type Infer } from "../../schema.ts";

const modes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"] as const;

const accessMode = oneOf(modes, "By how many nodes or pods, and whether for writing.");
export type AccessMode = Infer<typeof accessMode>;

export function accessModes(description: string) {
  return array(accessMode, description);
}

export function volumeMode() {
  return oneOf(["Filesystem", "Block"], "Whether it is mounted as a directory or given as a device.", {
    default: "Filesystem",
  });
}

export function accessModeErrors(
  given: readonly AccessMode[] | undefined,
  path: string,
  missing: string,
): FieldError[] {
  if (given === undefined || given.length === 0) return [required(path, missing)];
  const isAlone = given.length === 1 || !given.includes("ReadWriteOncePod");
  return isAlone ? [] : [forbidden(path, "may not use ReadWriteOncePod with other access modes")];
}

const shortModes: Readonly<Record<AccessMode, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export function accessModesCell(given: readonly AccessMode[] | undefined): string {
  return modes
    .filter((mode) => given?.includes(mode) === true)
    .map((mode) => shortModes[mode])
    .join(",");
}
