/** How a process type of an app runs: how many, how large, how it is stopped and checked. */

import { invalidIf, type FieldError } from "../../../field-error.ts";
import { boolean, integer, object, string, type Infer } from "../../../schema.ts";
import { resourceRequirements } from "../../core/resources.ts";
import { resourceErrors } from "../../core/validate-resources.ts";
import { checkProcessType } from "../app-names.ts";
import { appChecks, checksErrors } from "./app-checks.ts";

export const appProcess = object(
  "How a process type runs.",
  {
    replicas: integer("How many run; 1 for web and 0 for others when absent.", { min: 0 }),
    stopped: boolean("Whether none runs for now; how many run otherwise is remembered."),
    command: string("Command, instead of the one of the Procfile or the image."),
    resources: resourceRequirements,
    checks: appChecks,
    terminationGracePeriodSeconds: integer(
      "How long an instance may take to end after it was asked to, before it is killed; 30 when absent. The first two seconds of web are for the router.",
      { min: 3, max: 86_400 },
    ),
  },
  { name: "dev.nagi.v1.AppProcess" },
);
export interface AppProcess extends Infer<typeof appProcess> {}

export function processErrors(name: string, { resources, checks = {} }: AppProcess): FieldError[] {
  const path = `spec.processes[${name}]`;
  return [
    ...invalidIf(checkProcessType(name), path, name),
    ...resourceErrors(resources, `${path}.resources`),
    ...checksErrors(checks, `${path}.checks`),
  ];
}
