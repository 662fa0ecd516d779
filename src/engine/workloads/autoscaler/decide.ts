/** What an autoscaler does now, and what it says of itself. Pure; `controller.ts` carries it out. */

import type { HorizontalPodAutoscalerStatus } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/autoscaler-spec.ts";
import type { HorizontalPodAutoscaler } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { Condition } from "../../../model/meta.ts";
import { normalise, type Normalised, type ScaleHistory } from "./behavior.ts";
import { readyCondition } from "../shared/pods.ts";
import { measure, type Measured, type MeasureInput } from "./measure.ts";

export interface ScaleInput extends MeasureInput {
  readonly autoscaler: HorizontalPodAutoscaler;
  /** Undefined: what is to be scaled is not there, or of a kind that cannot be. */
  readonly target: { readonly current: number } | undefined;
  readonly history: ScaleHistory;
}

export interface ScaleDecision {
  readonly status: Pick<
    HorizontalPodAutoscalerStatus,
    "currentReplicas" | "desiredReplicas" | "currentMetrics"
  >;
  /** How many more pods there shall be, or fewer; undefined: as many as now. */
  readonly change: number | undefined;
  /** Why, for the event. */
  readonly reason: string;
  /** What the metrics asked for, to be remembered. */
  readonly recommendation: number | undefined;
  readonly conditions: readonly Condition[];
}

export function decideScale(input: ScaleInput): ScaleDecision {
  const { autoscaler, target } = input;
  const { kind, name } = autoscaler.spec.scaleTargetRef;
  if (target === undefined)
    return nothing(input, 0, [
      is("AbleToScale", "False", "FailedGetScale", `there is no ${kind} ${name} that can be scaled`),
    ]);
  const able = is(
    "AbleToScale",
    "True",
    "SucceededGetScale",
    "the controller was able to get the target's current scale",
  );
  const { current } = target;
  // What is stopped stays so, and what sleeps is woken by the router: it alone knows who waits.
  if (current === 0)
    return nothing(input, 0, [
      able,
      is(
        "ScalingActive",
        "False",
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
      ),
    ]);
  const outside = intoLimits(autoscaler, current);
  if (outside !== undefined) return outside;
  const all = (autoscaler.spec.metrics ?? []).map((metric) => measure(metric, current, input));
  const measured = autoscaler.spec.minReplicas === 0 ? awakeOrIdle(all, input) : all;
  const known = measured.filter(({ replicas }) => replicas !== undefined);
  const most = known.toSorted((a, b) => (b.replicas ?? 0) - (a.replicas ?? 0))[0];
  const failed = measured.find(({ problem }) => problem !== undefined);
  const currentMetrics = all.flatMap(({ status }) => status ?? []);
  const wanted = most?.replicas ?? current;
  // What is not known might need more pods than what is: then no pod is taken away.
  if (most === undefined || (failed !== undefined && wanted < current)) {
    const [first] = measured;
    const text = `the HPA was unable to compute the replica count: ${failed?.problem ?? first?.description ?? "it has no metric"}`;
    const inactive = is("ScalingActive", "False", "FailedGetResourceMetric", text);
    const decision = nothing(input, current, [able, inactive]);
    return { ...decision, status: { ...decision.status, currentMetrics } };
  }
  const normal = normalise({ ...input, spec: autoscaler.spec, current, wanted });
  return {
    status: { currentReplicas: current, desiredReplicas: normal.replicas, currentMetrics },
    change: normal.replicas === current ? undefined : normal.replicas - current,
    reason: normal.replicas > current ? `${most.description} above target` : "All metrics below target",
    recommendation: wanted,
    conditions: [
      ableFor(normal, current),
      is(
        "ScalingActive",
        "True",
        "ValidMetricFound",
        `the HPA was able to successfully calculate a replica count from ${most.description}`,
      ),
      limitedBy(normal),
    ],
  };
}

/**
 * Of what may have no pod at all, requests say whether it needs one: what an idle pod uses of the machine would keep it for
 * ever. A pod that starts was wanted by somebody: nothing falls asleep before it is ready.
 */
function awakeOrIdle(measured: readonly Measured[], { pods, target }: ScaleInput): readonly Measured[] {
  const outer = measured.filter(({ isOfPods }) => !isOfPods);
  const isIdle = outer.length > 0 && outer.every(({ replicas }) => replicas === 0);
  if (!isIdle) return measured;
  const starts = pods.some(
    (pod) => pod.metadata.deletionTimestamp === undefined && readyCondition(pod)?.status !== "True",
  );
  return starts ? outer.map((each) => ({ ...each, replicas: target?.current })) : outer;
}

/** A number outside of the limits is brought back at once, whatever the metrics say. */
function intoLimits({ spec }: HorizontalPodAutoscaler, current: number): ScaleDecision | undefined {
  const { minReplicas = 1, maxReplicas } = spec;
  const desired = Math.min(Math.max(current, minReplicas), maxReplicas);
  if (desired === current) return undefined;
  const isFew = desired > current;
  const reason = isFew
    ? "Current number of replicas below Spec.MinReplicas"
    : "Current number of replicas above Spec.MaxReplicas";
  return {
    status: { currentReplicas: current, desiredReplicas: desired },
    change: desired - current,
    reason,
    recommendation: desired,
    conditions: [
      is(
        "AbleToScale",
        "True",
        "SucceededRescale",
        `the HPA controller was able to update the target scale to ${desired}`,
      ),
    ],
  };
}

function nothing(
  { autoscaler }: ScaleInput,
  current: number,
  conditions: readonly Condition[],
): ScaleDecision {
  const status = { currentReplicas: current, desiredReplicas: autoscaler.status?.desiredReplicas ?? 0 };
  return { status, change: undefined, reason: "", recommendation: undefined, conditions };
}

function ableFor({ replicas, stabilised }: Normalised, current: number): Condition {
  if (replicas !== current)
    return is(
      "AbleToScale",
      "True",
      "SucceededRescale",
      `the HPA controller was able to update the target scale to ${replicas}`,
    );
  return stabilised
    ? is(
        "AbleToScale",
        "True",
        "ScaleDownStabilized",
        "recent recommendations were higher than current one, applying the highest recent recommendation",
      )
    : is("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size");
}

function limitedBy({ limit }: Normalised): Condition {
  const texts = {
    TooFewReplicas: "the desired replica count is less than the minimum replica count",
    TooManyReplicas: "the desired replica count is more than the maximum replica count",
    ScaleUpLimit: "the desired replica count is increasing faster than the maximum scale rate",
    ScaleDownLimit: "the desired replica count is decreasing faster than the maximum scale rate",
  } as const;
  if (limit === undefined)
    return is(
      "ScalingLimited",
      "False",
      "DesiredWithinRange",
      "the desired count is within the acceptable range",
    );
  return is("ScalingLimited", "True", limit, texts[limit]);
}

function is(type: string, status: Condition["status"], reason: string, message: string): Condition {
  return { type, status, reason, message };
}
