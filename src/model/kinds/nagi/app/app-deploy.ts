/** How a new release of an app takes over from the one before. */

import { invalid, type FieldError } from "../../../field-error.ts";
import { array, integer, number, object, oneOf, type Infer } from "../../../schema.ts";

export const deployStrategies = ["rolling", "recreate", "blue-green", "canary"] as const;

/** How long the release before goes on running after a cutover, unless the app says otherwise. */
export const defaultKeepSeconds = 600;
export const keepSecondsMax = 7 * 24 * 3600;

export const canaryDefaults = { steps: [5, 25, 50], intervalSeconds: 60, maxErrorPercent: 1 } as const;
export const canaryStepsMax = 20;
export const canaryIntervalMaxSeconds = 24 * 3600;

const appCanary = object(
  "How a canary gets its share of the requests, and when it is given up.",
  {
    steps: array(
      integer("Percent of the requests."),
      "The shares of the new release, growing; 5, 25 and 50 when absent. After the last one it gets all.",
    ),
    intervalSeconds: integer("How long a step lasts; 60 when absent.", {
      min: 1,
      max: canaryIntervalMaxSeconds,
    }),
    maxErrorPercent: number(
      "How much of what it answers may have a status of 500 or above, in percent; 1 when absent.",
      { min: 0, max: 100 },
    ),
    maxLatencyMs: integer("What 95 of 100 answers may take at most, in milliseconds; any time when absent.", {
      min: 1,
    }),
  },
  { name: "dev.nagi.v1.AppCanary" },
);

/** What is wrong with the shares; undefined when nothing is. */
export function checkCanarySteps(steps: readonly number[]): string | undefined {
  const isGood = steps.every(
    (each, index) => Number.isInteger(each) && each >= 1 && each <= 99 && each > (steps[index - 1] ?? 0),
  );
  if (isGood && steps.length > 0 && steps.length <= canaryStepsMax) return undefined;
  return `must be 1 to ${canaryStepsMax} whole percentages from 1 to 99 that grow, such as 5,25,50`;
}

export function deployErrors({ canary }: AppDeploy): FieldError[] {
  const { steps } = canary ?? {};
  const wrong = steps === undefined ? undefined : checkCanarySteps(steps);
  return wrong === undefined ? [] : [invalid("spec.deploy.canary.steps", steps, wrong)];
}

export const appDeploy = object(
  "How a new release takes over from the one before.",
  {
    strategy: oneOf(
      deployStrategies,
      "rolling: instances are replaced bit by bit, the old ones serve until the new ones are ready; recreate: the old ones end before the new ones start; blue-green: the new release runs beside the old one until it is cut over; canary: it runs beside the old one and gets a growing share of the requests. Absent: rolling. Processes with a volume are recreated whatever is said.",
    ),
    canary: appCanary,
    keepSeconds: integer(
      "How long the release before goes on running after a cutover, for the way back; 600 when absent, and 0 after a canary.",
      { min: 0, max: keepSecondsMax },
    ),
  },
  { name: "dev.nagi.v1.AppDeploy" },
);
export interface AppDeploy extends Infer<typeof appDeploy> {}
