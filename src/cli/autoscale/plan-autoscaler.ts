/** The autoscaler that options ask for. Pure. */

import type {
  HorizontalPodAutoscalerSpec,
  ScalingRules,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/autoscaler-spec.ts";
import type { MetricSpec } from "../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import {
  requestsPerInstance,
  requestsServiceOf,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { singleVolumeOf } from "../../model/kinds/nagi/app/app-volumes.ts";
import { checkQuantity, milliValue } from "../../model/quantity.ts";
import { UsageError } from "../command.ts";

export const replicasMax = 1000;
/** Requests per second and instance of what may sleep and says nothing else: most apps answer that many with ease. */
const defaultRate = "100";
const percentMax = 1000;
const idleMaxSeconds = 3600;

export interface AutoscaleOptions {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Percent of its size, or an amount. */
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  /** Per second and instance. */
  readonly requests?: string | undefined;
  readonly idleSeconds?: number | undefined;
}

interface Given {
  readonly app: App;
  readonly process: string;
  readonly present: HorizontalPodAutoscalerSpec | undefined;
  readonly options: AutoscaleOptions;
}

/** Throws what is wrong with the options. What they do not name stays as it is. */
export function planAutoscaler({ app, process, present, options }: Given): HorizontalPodAutoscalerSpec {
  const { name = "" } = app.metadata;
  const min = wholeNumber("min", options.min ?? present?.minReplicas ?? 1, 0);
  const max = options.max ?? present?.maxReplicas;
  if (max === undefined)
    throw new UsageError(
      "nagi autoscale needs --max",
      `For instance: nagi autoscale ${name} --min 1 --max 5`,
    );
  wholeNumber("max", max, 1);
  if (max < min) throw new UsageError(`--max is ${max}: must not be less than --min, ${min}`);
  const volume = singleVolumeOf(app.spec?.volumes, process);
  if (volume !== undefined && max > 1)
    throw new UsageError(
      `${process} of ${name} has the volume ${volume.claim}, which one instance at a time may have`,
      "Use --max 1 (with --min 0 it sleeps while nobody asks), or unmount the volume: nagi volumes",
    );
  const metrics = withSleep(metricsOf({ app, process, present, options }), min, name);
  if (metrics.length === 0) throw noMetric(app, process);
  if (process !== "web" && metrics.some((metric) => requestsServiceOf(metric) !== undefined))
    throw new UsageError(
      `${process} gets no requests from the router`,
      min === 0 ? "Only web can sleep: --min 1 or more" : "Use --cpu or --memory",
    );
  const behavior = behaviorOf(present, options.idleSeconds);
  return {
    ...present,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: `${name}-${process}` },
    minReplicas: min,
    maxReplicas: max,
    metrics,
    ...(behavior === undefined ? {} : { behavior }),
  };
}

function wholeNumber(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= replicasMax) return value;
  throw new UsageError(`--${option} is ${value}: must be a whole number from ${least} to ${replicasMax}`);
}

/** In the order in which they are shown: the given ones replace those of their sort. */
function metricsOf({ app, process, present, options }: Given): MetricSpec[] {
  const kept = present?.metrics ?? [];
  const { requests } = options;
  const resource = (name: "cpu" | "memory"): MetricSpec[] => {
    const given = options[name];
    if (given === undefined) return kept.filter((each) => each.resource?.name === name);
    return [resourceMetric(name, given, { app, process })];
  };
  const isRate = (each: MetricSpec): boolean => requestsServiceOf(each) !== undefined;
  const rate =
    requests === undefined
      ? kept.filter(isRate)
      : [requestsPerInstance(app.metadata.name ?? "", amount("requests", requests))];
  const others = kept.filter((each) => each.resource === undefined && !isRate(each));
  return [...resource("cpu"), ...resource("memory"), ...rate, ...others];
}

function withSleep(metrics: MetricSpec[], min: number, name: string): MetricSpec[] {
  const isTold = metrics.some(({ type }) => type === "Object" || type === "External");
  return min > 0 || isTold ? metrics : [...metrics, requestsPerInstance(name, defaultRate)];
}

function resourceMetric(
  name: "cpu" | "memory",
  given: string,
  { app, process }: Pick<Given, "app" | "process">,
): MetricSpec {
  const [, percent] = /^(\d+)%?$/.exec(given) ?? [];
  if (percent === undefined) {
    const target = { type: "AverageValue", averageValue: amount(name, given) } as const;
    return { type: "Resource", resource: { name, target } };
  }
  const averageUtilization = Number(percent);
  if (averageUtilization < 1 || averageUtilization > percentMax)
    throw new UsageError(
      `--${name} is ${given}: must be a percentage from 1 to ${percentMax} of the size, or an amount such as ${name === "cpu" ? "200m" : "300Mi"}`,
    );
  const { requests = {}, limits = {} } = app.spec?.processes?.[process]?.resources ?? {};
  if (requests[name] === undefined && limits[name] === undefined) {
    const size = name === "cpu" ? "250m" : "256Mi";
    throw new UsageError(
      `${process} of ${app.metadata.name} has no ${name} size that ${averageUtilization} % could be of`,
      `Give it one: nagi resize ${process} --${name} ${size} --app ${app.metadata.name}. Or name an amount: --${name} ${name === "cpu" ? "200m" : "300Mi"}`,
    );
  }
  return { type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization } } };
}

function amount(option: string, given: string): string {
  if (checkQuantity(given) === undefined && milliValue(given) > 0) return given;
  const example = { cpu: "70 or 200m", memory: "80 or 300Mi" }[option] ?? "50";
  throw new UsageError(`--${option} is ${JSON.stringify(given)}: must be an amount such as ${example}`);
}

function noMetric({ metadata }: App, process: string): UsageError {
  return new UsageError(
    "nagi autoscale needs something to follow: --cpu, --memory or --requests",
    `For instance: nagi autoscale ${metadata.name} ${process} --min 1 --max 5 ${process === "web" ? "--requests 50" : "--cpu 200m"}`,
  );
}

function behaviorOf(
  present: HorizontalPodAutoscalerSpec | undefined,
  idleSeconds: number | undefined,
): HorizontalPodAutoscalerSpec["behavior"] {
  if (idleSeconds === undefined) return present?.behavior;
  if (!Number.isInteger(idleSeconds) || idleSeconds < 0 || idleSeconds > idleMaxSeconds)
    throw new UsageError(`--idle is ${idleSeconds} s: must be whole seconds, an hour at most`);
  const scaleDown: ScalingRules = {
    ...present?.behavior?.scaleDown,
    stabilizationWindowSeconds: idleSeconds,
  };
  return { ...present?.behavior, scaleDown };
}
