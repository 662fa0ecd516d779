import { defineKind } from "../../../define.ts";
import { sizeCell } from "../../../cells.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, integer, object, required, string, time, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";

const retentionSpec = object(
  "What is kept, and when the rest is removed.",
  {
    suspend: boolean("Whether images are removed only when somebody asks for it.", { default: false }),
    everyHours: integer("How often images are removed.", { min: 1, default: 24 }),
    diskFullPercent: integer("Images are removed at once when the disk is fuller than this.", {
      min: 1,
      max: 100,
      default: 90,
    }),
    keepYoungerThanSeconds: integer("Images that were pushed later than so long ago are kept.", {
      min: 0,
      default: 3600,
    }),
    keepTagRevisions: integer("How many images each tag remembers and keeps.", {
      min: 1,
      max: 10,
      default: 5,
    }),
    keepBuilds: integer("How many newest builds of an app keep their image.", { min: 1, default: 3 }),
  },
  { name: "dev.nagi.v1.ImageRetentionSpec" },
);

const fields = {
  spec: required(retentionSpec),
  status: object(
    "What became of it.",
    {
      lastRunTime: time("When images were last removed."),
      reason: string("Why then: Schedule, DiskFull or Asked."),
      removedImages: integer("How many went."),
      freedBytes: integer("What that freed, in the registry."),
      message: string("Why it failed."),
    },
    { name: "dev.nagi.v1.ImageRetentionStatus" },
  ),
};
const schema = object("", fields);
export interface ImageRetention extends KubeObject, Infer<typeof schema> {}

/** The one that counts. */
export const retentionName = "default";

export const imageRetention = defineKind<ImageRetention>({
  group: "nagi.dev",
  version: "v1",
  kind: "ImageRetention",
  plural: "imageretentions",
  namespaced: false,
  description:
    "Which images of the registry are kept that no release, pod or tag needs; the one named default counts.",
  fields,
  columns: [
    {
      name: "Every",
      type: "string",
      description: "How often images are removed.",
      value: ({ spec }) => (spec.suspend === true ? "never" : `${spec.everyHours ?? 24}h`),
    },
    {
      name: "Revisions",
      type: "integer",
      description: "Images that each tag keeps.",
      value: ({ spec }) => spec.keepTagRevisions ?? 0,
    },
    {
      name: "Builds",
      type: "integer",
      description: "Builds of an app that keep their image.",
      value: ({ spec }) => spec.keepBuilds ?? 0,
    },
    {
      name: "Last run",
      type: "string",
      description: "When images were last removed.",
      value: ({ status }, { nowMs }) =>
        status?.lastRunTime === undefined ? "<none>" : `${ageText(status.lastRunTime, nowMs)} ago`,
    },
    {
      name: "Removed",
      type: "string",
      description: "Images that went then, and what that freed.",
      value: ({ status }) =>
        status?.removedImages === undefined
          ? ""
          : `${status.removedImages} (${sizeCell(status.freedBytes ?? 0)})`,
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it failed.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
});
