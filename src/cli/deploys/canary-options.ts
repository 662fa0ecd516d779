/** The options of the strategy canary. Pure. */

import {
  canaryIntervalMaxSeconds,
  checkCanarySteps,
  type AppDeploy,
} from "../../model/kinds/nagi/app/app-deploy.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { parseDuration } from "../duration.ts";

type Canary = NonNullable<AppDeploy["canary"]>;

export const canaryOptions: readonly Option[] = [
  {
    name: "steps",
    type: "string",
    value: "PERCENT,...",
    description:
      "Of canary: the shares of the requests that the new release gets, one after the other (5,25,50).",
  },
  {
    name: "interval",
    type: "string",
    value: "DURATION",
    description: "Of canary: how long each step lasts (1m).",
  },
  {
    name: "max-error-rate",
    type: "string",
    value: "PERCENT",
    description: "Of canary: so much of what it answers may have a status of 500 or above (1).",
  },
  {
    name: "max-latency",
    type: "string",
    value: "DURATION",
    description: "Of canary: what 95 of 100 answers may take; none is any time (none).",
  },
];

/** What is given, with null for what is taken back; undefined when nothing is. */
export function canaryOf(context: CommandContext): Readonly<Record<keyof Canary, unknown>> | undefined {
  const [steps, interval, rate, latency] = ["steps", "interval", "max-error-rate", "max-latency"].map(
    (name) => context.text(name),
  );
  const given = Object.entries({
    steps: steps === undefined ? undefined : parseSteps(steps),
    intervalSeconds: interval === undefined ? undefined : parseInterval(interval),
    maxErrorPercent: rate === undefined ? undefined : parseRate(rate),
    maxLatencyMs: latency === undefined ? undefined : parseLatency(latency),
  }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Record<keyof Canary, unknown>);
}

export function parseSteps(text: string): number[] {
  const steps = text.split(",").map((each) => Number(each.trim().replace(/%$/, "") || Number.NaN));
  const wrong = checkCanarySteps(steps);
  if (wrong !== undefined) throw new UsageError(`--steps is ${JSON.stringify(text)}: ${wrong}`);
  return steps;
}

function parseInterval(text: string): number {
  const seconds = parseDuration(text, "--interval") / 1000;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= canaryIntervalMaxSeconds) return seconds;
  throw new UsageError(`--interval is ${text}: must be whole seconds from 1s to 24h`);
}

function parseRate(text: string): number {
  const percent = Number(text.replace(/%$/, "") || Number.NaN);
  if (percent >= 0 && percent <= 100) return percent;
  throw new UsageError(
    `--max-error-rate is ${JSON.stringify(text)}: must be a percentage from 0 to 100, such as 1`,
  );
}

function parseLatency(text: string): number | null {
  if (text === "none") return null;
  const ms = parseDuration(text, "--max-latency");
  if (ms >= 1) return ms;
  throw new UsageError(`--max-latency is ${text}: must be 1ms or more, or none`);
}
