/** `deploy` of app.json: how a new release takes over from the one before. */

import { deployStrategies, type AppDeploy } from "../../model/kinds/nagi/app/app-deploy.ts";
import { objectAt, Problem, shown } from "./app-json-fields.ts";

export function readDeploy(given: unknown): AppDeploy | undefined {
  if (given === undefined) return undefined;
  const { strategy, ...others } = objectAt(given, "deploy");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Problem(`deploy.${unknown} is not known: deploy may have strategy`);
  const found = deployStrategies.find((each) => each === strategy);
  if (found === undefined)
    throw new Problem(`deploy.strategy is ${shown(strategy)}: must be one of ${deployStrategies.join(", ")}`);
  return { strategy: found };
}
