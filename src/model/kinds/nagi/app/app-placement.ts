/** Where an app's instances run, in plain words. */

import { invalid, type FieldError } from "../../../field-error.ts";
import { checkLabelValue } from "../../../labels.ts";
import { checkDnsSubdomain } from "../../../names.ts";
import { array, boolean, object, oneOf, string, type Infer } from "../../../schema.ts";

/** Of nodes: the pool that they are in. Of a taint: that only apps that ask for the pool may use it. */
export const poolLabel = "nagi.dev/pool";

export const appPlacement = object(
  "On which nodes the app's instances run.",
  {
    pool: string("Pool whose nodes the instances run on; any node when absent."),
    avoid: array(string("Name of a pool."), "Pools whose nodes they do not run on.", { mergeKey: "" }),
    spread: oneOf(
      ["node", "zone"],
      "What the instances of a process type are divided over, as evenly as can be: nodes, or zones and within these nodes.",
    ),
    strict: boolean("Whether an instance waits rather than run where it would be divided unevenly."),
    priority: string(
      "PriorityClass of the instances: who is placed first, and who goes last when there is not enough for all.",
      { check: checkDnsSubdomain },
    ),
  },
  { name: "dev.nagi.v1.AppPlacement" },
);
export interface AppPlacement extends Infer<typeof appPlacement> {}

export function checkPool(name: string): string | undefined {
  return name === "" ? "must not be empty" : checkLabelValue(name);
}

export function placementErrors({ pool, avoid = [], spread, strict }: AppPlacement): FieldError[] {
  const path = "spec.placement";
  const wrong = (at: string, name: string): FieldError[] => {
    const problem = checkPool(name);
    return problem === undefined ? [] : [invalid(at, name, problem)];
  };
  return [
    ...(pool === undefined ? [] : wrong(`${path}.pool`, pool)),
    ...avoid.flatMap((name, index) => wrong(`${path}.avoid[${index}]`, name)),
    ...(pool !== undefined && avoid.includes(pool)
      ? [invalid(`${path}.avoid`, pool, "must not be the pool that the app runs on")]
      : []),
    ...(strict === true && spread === undefined
      ? [invalid(`${path}.strict`, strict, "needs spec.placement.spread")]
      : []),
  ];
}
