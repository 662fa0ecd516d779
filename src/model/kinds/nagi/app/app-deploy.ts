/** How a new release of an app takes over from the one before. */

import { integer, object, oneOf, type Infer } from "../../../schema.ts";

export const deployStrategies = ["rolling", "recreate", "blue-green"] as const;

/** How long the release before goes on running after a cutover, unless the app says otherwise. */
export const defaultKeepSeconds = 600;
export const keepSecondsMax = 7 * 24 * 3600;

export const appDeploy = object(
  "How a new release takes over from the one before.",
  {
    strategy: oneOf(
      deployStrategies,
      "rolling: instances are replaced bit by bit, the old ones serve until the new ones are ready; recreate: the old ones end before the new ones start; blue-green: the new release runs beside the old one until it is cut over. Absent: rolling. Processes with a volume are recreated whatever is said.",
    ),
    keepSeconds: integer(
      "How long the release before goes on running after a cutover, for the way back; 600 when absent.",
      { min: 0, max: keepSecondsMax },
    ),
  },
  { name: "dev.nagi.v1.AppDeploy" },
);
export interface AppDeploy extends Infer<typeof appDeploy> {}
