/** How far a canary is, and what the router counted for it. */

import { array, boolean, integer, map, number, object, string, time, type Infer } from "../../../schema.ts";

const counted = {
  requests: number("Requests that the new release answered."),
  serverErrors: number("Of them, with a status of 500 or above."),
  p95Ms: number("95 of 100 took no longer, in milliseconds: the mean of some seconds at a time."),
  beforeRequests: number("Requests that the release before answered meanwhile."),
  beforeServerErrors: number("Of them, with a status of 500 or above."),
  beforeP95Ms: number("95 of 100 of these took no longer, in milliseconds."),
};

const stepStatus = object(
  "A step that is over.",
  {
    weight: integer("Percent of the requests."),
    since: time("When it began."),
    until: time("When it ended."),
    ...counted,
  },
  { name: "dev.nagi.v1.CanaryStep" },
);

export const canaryStatus = object(
  "How far a canary is.",
  {
    weight: integer("Percent of the requests that it gets now; 100 when it takes all over."),
    step: integer("Which step it is at, from 0."),
    since: time("When the step began."),
    paused: boolean("Whether it stays at this step."),
    ...counted,
    countedUntil: map(string("Time."), "By the route: the end of the window that was counted last."),
    steps: array(stepStatus, "The steps that are over."),
  },
  { name: "dev.nagi.v1.CanaryStatus" },
);
export interface CanaryStatus extends Infer<typeof canaryStatus> {}
export interface CanaryStep extends Infer<typeof stepStatus> {}
