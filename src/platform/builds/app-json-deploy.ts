/** `deploy` of app.json: how a new release takes over from the one before. */

import {
  checkCanarySteps,
  deployStrategies,
  keepSecondsMax,
  type AppDeploy,
} from "../../model/kinds/nagi/app/app-deploy.ts";
import { objectAt, Problem, shown, whole } from "./app-json-fields.ts";

export function readDeploy(given: unknown): AppDeploy | undefined {
  if (given === undefined) return undefined;
  const { strategy, keepSeconds, canary, ...others } = objectAt(given, "deploy");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Problem(`deploy.${unknown} is not known: deploy may have strategy, keepSeconds and canary`);
  const found = deployStrategies.find((each) => each === strategy);
  if (strategy !== undefined && found === undefined)
    throw new Problem(`deploy.strategy is ${shown(strategy)}: must be one of ${deployStrategies.join(", ")}`);
  const seconds = whole(keepSeconds, "deploy.keepSeconds", 0);
  if (seconds !== undefined && seconds > keepSecondsMax)
    throw new Problem(`deploy.keepSeconds is ${seconds}: must be ${keepSecondsMax} or less`);
  const steps = readCanary(canary);
  return {
    ...(steps === undefined ? {} : { canary: steps }),
    ...(found === undefined ? {} : { strategy: found }),
    ...(seconds === undefined ? {} : { keepSeconds: seconds }),
  };
}

function readCanary(given: unknown): AppDeploy["canary"] {
  if (given === undefined) return undefined;
  const { steps, intervalSeconds, maxErrorPercent, maxLatencyMs, ...others } = objectAt(
    given,
    "deploy.canary",
  );
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Problem(
      `deploy.canary.${unknown} is not known: it may have steps, intervalSeconds, maxErrorPercent and maxLatencyMs`,
    );
  const wrong =
    steps === undefined
      ? undefined
      : Array.isArray(steps)
        ? checkCanarySteps(steps)
        : "must be a list of percentages";
  if (wrong !== undefined) throw new Problem(`deploy.canary.steps is ${shown(steps)}: ${wrong}`);
  const percent = maxErrorPercent;
  if (percent !== undefined && !(typeof percent === "number" && percent >= 0 && percent <= 100))
    throw new Problem(`deploy.canary.maxErrorPercent is ${shown(percent)}: must be a number from 0 to 100`);
  const seconds = whole(intervalSeconds, "deploy.canary.intervalSeconds", 1);
  const latency = whole(maxLatencyMs, "deploy.canary.maxLatencyMs", 1);
  return {
    ...(steps === undefined ? {} : { steps: steps as number[] }),
    ...(seconds === undefined ? {} : { intervalSeconds: seconds }),
    ...(percent === undefined ? {} : { maxErrorPercent: percent }),
    ...(latency === undefined ? {} : { maxLatencyMs: latency }),
  };
}
