import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, object, quantity, required, string, time, type Infer } from "../../../schema.ts";

/** On a VolumeSnapshot: its files go before it does. */
export const snapshotFinalizer = "nagi.dev/snapshot-files";
export const snapshotGroup = "snapshot.storage.k8s.io";

const source = object(
  "What the snapshot is of.",
  {
    persistentVolumeClaimName: required(
      string("Name of the claim, in the same namespace.", { immutable: true, minLength: 1 }),
    ),
  },
  { name: "io.k8s.snapshot.v1.VolumeSnapshotSource" },
);

const failure = object(
  "Why there is no snapshot.",
  { message: string("What went wrong."), time: time("When.") },
  { name: "io.k8s.snapshot.v1.VolumeSnapshotError" },
);

const fields = {
  spec: required(
    object(
      "What is wanted.",
      {
        source: required(source),
        volumeSnapshotClassName: string("Class of the snapshot; Nagi's own volumes need none."),
      },
      { name: "io.k8s.snapshot.v1.VolumeSnapshotSpec" },
    ),
  ),
  status: object(
    "What there is.",
    {
      creationTime: time("The moment that the files are of."),
      readyToUse: boolean("Whether volumes can be made of it."),
      restoreSize: quantity("Size of a volume that is made of it, at least."),
      error: failure,
    },
    { name: "io.k8s.snapshot.v1.VolumeSnapshotStatus" },
  ),
};
const schema = object("", fields);
export interface VolumeSnapshot extends KubeObject, Infer<typeof schema> {}

export const volumeSnapshot = defineKind<VolumeSnapshot>({
  group: snapshotGroup,
  version: "v1",
  kind: "VolumeSnapshot",
  plural: "volumesnapshots",
  shortNames: ["vs"],
  description: "The files of a volume, as of one moment.",
  fields,
  columns: [
    {
      name: "ReadyToUse",
      type: "string",
      description: "Whether volumes can be made of it.",
      value: ({ status }) => String(status?.readyToUse ?? false),
    },
    {
      name: "SourcePVC",
      type: "string",
      description: "The claim that it is of.",
      value: ({ spec }) => spec.source.persistentVolumeClaimName,
    },
    {
      name: "RestoreSize",
      type: "string",
      description: "Size of a volume that is made of it.",
      value: ({ status }) => status?.restoreSize ?? "",
    },
    {
      name: "Error",
      type: "string",
      priority: 1,
      description: "Why there is none.",
      value: ({ status }) => status?.error?.message ?? "",
    },
  ],
});
