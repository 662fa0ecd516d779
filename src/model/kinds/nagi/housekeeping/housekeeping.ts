import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, integer, object, required, string, time, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";

const daySeconds = 24 * 3600;

const housekeepingSpec = object(
  "What of the past is kept.",
  {
    suspend: boolean("Whether nothing is removed unless somebody asks for it.", { default: false }),
    everyHours: integer("How often what is old is removed.", { min: 1, max: 720, default: 1 }),
    keepBuilds: integer("How many newest builds of an app are kept, with their logs, however old.", {
      min: 1,
      default: 20,
    }),
    keepBuildsSeconds: integer("Builds that ended later than so long ago are kept, however many.", {
      min: 0,
      default: 7 * daySeconds,
    }),
    keepEndedPodsSeconds: integer("How long pods are kept that ended, with their logs.", {
      min: 0,
      default: daySeconds,
    }),
    keepEndedJobsSeconds: integer("How long jobs are kept that ended, unless they say so themselves.", {
      min: 0,
      default: 7 * daySeconds,
    }),
  },
  { name: "dev.nagi.v1.HousekeepingSpec" },
);

const fields = {
  spec: required(housekeepingSpec),
  status: object(
    "What became of it.",
    {
      lastRunTime: time("When what is old was last removed."),
      reason: string("Why then: Schedule or DiskFull."),
      removed: integer("How many objects went."),
      message: string("Why it failed."),
    },
    { name: "dev.nagi.v1.HousekeepingStatus" },
  ),
};
const schema = object("", fields);
export interface Housekeeping extends KubeObject, Infer<typeof schema> {}

/** The one that counts. */
export const housekeepingName = "default";

export const housekeeping = defineKind<Housekeeping>({
  group: "nagi.dev",
  version: "v1",
  kind: "Housekeeping",
  plural: "housekeepings",
  namespaced: false,
  description: "How long ended builds, pods and jobs are kept; the one named default counts.",
  fields,
  columns: [
    {
      name: "Every",
      type: "string",
      description: "How often what is old is removed.",
      value: ({ spec }) => (spec.suspend === true ? "never" : `${spec.everyHours ?? 1}h`),
    },
    {
      name: "Builds",
      type: "integer",
      description: "Builds of an app that are kept.",
      value: ({ spec }) => spec.keepBuilds ?? 0,
    },
    {
      name: "Last run",
      type: "string",
      description: "When what is old was last removed.",
      value: ({ status }, { nowMs }) =>
        status?.lastRunTime === undefined ? "<none>" : `${ageText(status.lastRunTime, nowMs)} ago`,
    },
    {
      name: "Removed",
      type: "integer",
      description: "Objects that went then.",
      value: ({ status }) => status?.removed ?? 0,
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
