/** Commands of an app that run at the times of a schedule. */

import { checkTimeZone, parseCron } from "../../../../lib/cron-schedule.ts";
import { invalid, invalidIf, type FieldError } from "../../../field-error.ts";
import { boolean, integer, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { checkProcessType } from "../app-names.ts";

export const appCron = object(
  "A command that runs at the times of a schedule. What is absent is as app.json has it.",
  {
    schedule: string("When, in cron's notation: minute hour day month weekday."),
    command: string("What runs, in the image and with the config vars of the live release."),
    timeZone: string("Time zone of the schedule, for instance Europe/Berlin; UTC when absent."),
    concurrencyPolicy: oneOf(
      ["Forbid", "Allow", "Replace"],
      "Whether a run starts beside the one before: not until that has ended (when absent), yes, or in its place.",
    ),
    suspend: boolean("Whether no runs start for now."),
    startingDeadlineSeconds: integer("A run that would start later than this after its time is left out.", {
      min: 0,
    }),
    timeLimitSeconds: integer("A run that takes longer is ended and has failed.", { min: 1 }),
  },
  { name: "dev.nagi.v1.AppCron" },
);
export interface AppCron extends Infer<typeof appCron> {}

export const sourceCron = object(
  "A command that the source's app.json wants to run at the times of a schedule.",
  {
    schedule: required(string("When, in cron's notation.")),
    command: required(string("What runs.")),
  },
  { name: "dev.nagi.v1.SourceCron" },
);

/** A cron job's name becomes part of others, as a process type's does. */
export const checkCronName = checkProcessType;

export function cronErrors(name: string, { schedule, timeZone, command }: AppCron): FieldError[] {
  const path = `spec.cron[${name}]`;
  const zone = timeZone === undefined ? undefined : checkTimeZone(timeZone);
  const parsed = schedule === undefined || zone !== undefined ? undefined : parseCron(schedule, timeZone);
  return [
    ...invalidIf(checkCronName(name), path, name),
    ...(zone === undefined ? [] : [invalid(`${path}.timeZone`, timeZone ?? "", zone)]),
    ...(parsed !== undefined && "problem" in parsed
      ? [invalid(`${path}.schedule`, schedule ?? "", parsed.problem)]
      : []),
    ...(command?.trim() === "" ? [invalid(`${path}.command`, command, "must not be empty")] : []),
  ];
}
