/**
 * How fast the number of pods may follow what is wanted. Pure.
 * Behaviour: kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go.
 */

import type {
  HorizontalPodAutoscalerSpec,
  ScalingRules,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/autoscaler-spec.ts";

export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

/** A change that was made: positive upwards. */
export interface ScaleEvent {
  readonly atMs: number;
  readonly change: number;
}

/** What is remembered of an autoscaler; lost with the process. */
export interface ScaleHistory {
  /** Without the present one. */
  readonly recommendations: readonly Recommendation[];
  readonly events: readonly ScaleEvent[];
}

export interface Normalised {
  readonly replicas: number;
  /** Why it is not what was wanted. */
  readonly limit: "TooFewReplicas" | "TooManyReplicas" | "ScaleUpLimit" | "ScaleDownLimit" | undefined;
  readonly stabilised: boolean;
}

type Direction = "up" | "down";
interface Rules {
  readonly selectPolicy: NonNullable<ScalingRules["selectPolicy"]>;
  readonly stabilizationWindowSeconds: number;
  readonly policies: NonNullable<ScalingRules["policies"]>;
}

const defaults: Readonly<Record<Direction, Rules>> = {
  up: {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  },
  down: {
    stabilizationWindowSeconds: 300,
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  },
};

/** What is older than this is not looked at by any rule. */
export const historyMaxMs = 3600_000;

interface Wanted {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly current: number;
  readonly wanted: number;
  readonly history: ScaleHistory;
  readonly nowMs: number;
}

export function normalise(given: Wanted): Normalised {
  const { spec, current, nowMs } = given;
  const { minReplicas = 1, maxReplicas } = spec;
  const up = rulesOf(spec, "up");
  const down = rulesOf(spec, "down");
  const stable = stabilise(given, up, down);
  const stabilised = stable !== given.wanted;
  if (stable > current) {
    const limit = Math.max(
      current,
      limitOf({ rules: up, direction: "up", current, history: given.history, nowMs }),
    );
    const most = Math.min(limit, maxReplicas);
    const reason = maxReplicas <= limit ? "TooManyReplicas" : "ScaleUpLimit";
    return { replicas: Math.min(stable, most), limit: stable > most ? reason : undefined, stabilised };
  }
  if (stable < current) {
    const limit = Math.min(
      current,
      limitOf({ rules: down, direction: "down", current, history: given.history, nowMs }),
    );
    const least = Math.max(limit, minReplicas);
    const reason = minReplicas >= limit ? "TooFewReplicas" : "ScaleDownLimit";
    return { replicas: Math.max(stable, least), limit: stable < least ? reason : undefined, stabilised };
  }
  return { replicas: stable, limit: undefined, stabilised };
}

function rulesOf({ behavior }: HorizontalPodAutoscalerSpec, direction: Direction): Rules {
  const given = direction === "up" ? behavior?.scaleUp : behavior?.scaleDown;
  const own = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults[direction], ...Object.fromEntries(own) };
}

/** Upwards no further than was wanted all the time, downwards neither. */
function stabilise({ current, wanted, history, nowMs }: Wanted, up: Rules, down: Rules): number {
  const within = ({ stabilizationWindowSeconds }: Rules): number[] =>
    history.recommendations
      .filter(({ atMs }) => atMs > nowMs - stabilizationWindowSeconds * 1000)
      .map(({ replicas }) => replicas);
  const least = Math.min(wanted, ...within(up));
  const most = Math.max(wanted, ...within(down));
  return Math.min(Math.max(current, least), most);
}

interface Limited {
  readonly rules: Rules;
  readonly direction: Direction;
  readonly current: number;
  readonly history: ScaleHistory;
  readonly nowMs: number;
}

function limitOf({ rules, direction, current, history, nowMs }: Limited): number {
  if (rules.selectPolicy === "Disabled") return current;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const recent = history.events.filter(({ atMs }) => atMs > nowMs - periodSeconds * 1000);
    const changed = recent.reduce((sum, { change }) => sum + change, 0);
    // From where the period began.
    const from = current - changed;
    if (direction === "up") return type === "Pods" ? from + value : Math.ceil(from * (1 + value / 100));
    return type === "Pods" ? from - value : Math.floor(from * (1 - value / 100));
  });
  const isMost = (rules.selectPolicy === "Max") === (direction === "up");
  return isMost ? Math.max(...limits) : Math.min(...limits);
}
