/** How a new release of an app takes over from the one before. */

import { object, oneOf, type Infer } from "../../../schema.ts";

export const deployStrategies = ["rolling", "recreate"] as const;

export const appDeploy = object(
  "How a new release takes over from the one before.",
  {
    strategy: oneOf(
      deployStrategies,
      "rolling: instances are replaced bit by bit, the old ones serve until the new ones are ready; recreate: the old ones end before the new ones start. Absent: rolling, or recreate for processes with a volume.",
    ),
  },
  { name: "dev.nagi.v1.AppDeploy" },
);
export interface AppDeploy extends Infer<typeof appDeploy> {}
