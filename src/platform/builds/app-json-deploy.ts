/** `deploy` of app.json: how a new release takes over from the one before. */

import { deployStrategies, keepSecondsMax, type AppDeploy } from "../../model/kinds/nagi/app/app-deploy.ts";
import { objectAt, Problem, shown, whole } from "./app-json-fields.ts";

export function readDeploy(given: unknown): AppDeploy | undefined {
  if (given === undefined) return undefined;
  const { strategy, keepSeconds, ...others } = objectAt(given, "deploy");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Problem(`deploy.${unknown} is not known: deploy may have strategy and keepSeconds`);
  const found = deployStrategies.find((each) => each === strategy);
  if (strategy !== undefined && found === undefined)
    throw new Problem(`deploy.strategy is ${shown(strategy)}: must be one of ${deployStrategies.join(", ")}`);
  const seconds = whole(keepSeconds, "deploy.keepSeconds", 0);
  if (seconds !== undefined && seconds > keepSecondsMax)
    throw new Problem(`deploy.keepSeconds is ${seconds}: must be ${keepSecondsMax} or less`);
  return {
    ...(found === undefined ? {} : { strategy: found }),
    ...(seconds === undefined ? {} : { keepSeconds: seconds }),
  };
}
