import type {
  LabelSelector,
  PodAffinity,
  PodTerm,
  Requirement,
  SpreadConstraint,
} from "../oracle/objects.ts";
import type { Dice } from "./dice.ts";
import { apps, namespaces, topologyKeys } from "./words.ts";

export function randomSelector(dice: Dice): LabelSelector {
  const matchLabels = dice.maybe(0.7, () => ({ app: dice.pick(apps) }));
  const matchExpressions = dice.maybe(matchLabels === undefined ? 1 : 0.2, () => [randomRequirement(dice)]);
  return { matchLabels, matchExpressions };
}

function randomRequirement(dice: Dice): Requirement {
  const operator = dice.pick(["In", "NotIn", "Exists", "DoesNotExist"]);
  const isSet = operator === "In" || operator === "NotIn";
  if (!isSet) return { key: dice.pick(["tier", "version"]), operator };
  const values = dice.some(apps, 0.6);
  return { key: "app", operator, values: values.length === 0 ? ["web"] : values };
}

export function randomConstraint(dice: Dice): SpreadConstraint {
  const policy = (): string => dice.pick(["Honor", "Ignore"]);
  const whenUnsatisfiable = dice.pick(["DoNotSchedule", "ScheduleAnyway"]);
  return {
    maxSkew: dice.between(1, 3),
    minDomains: whenUnsatisfiable === "DoNotSchedule" ? dice.maybe(0.3, () => dice.between(1, 4)) : undefined,
    topologyKey: dice.pick(topologyKeys),
    whenUnsatisfiable,
    labelSelector: dice.maybe(0.95, () => randomSelector(dice)),
    matchLabelKeys: dice.maybe(0.2, () => ["version"]),
    nodeAffinityPolicy: dice.maybe(0.4, policy),
    nodeTaintsPolicy: dice.maybe(0.4, policy),
  };
}

export function randomPodAffinity(dice: Dice): PodAffinity {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: dice.maybe(0.5, () =>
      dice.list(1, 2, () => randomPodTerm(dice)),
    ),
    preferredDuringSchedulingIgnoredDuringExecution: dice.maybe(0.6, () =>
      dice.list(1, 2, () => ({ weight: dice.between(1, 100), podAffinityTerm: randomPodTerm(dice) })),
    ),
  };
}

function randomPodTerm(dice: Dice): PodTerm {
  const labelSelector = dice.maybe(0.97, () => (dice.chance(0.05) ? {} : randomSelector(dice)));
  return {
    labelSelector,
    topologyKey: dice.pick(topologyKeys),
    namespaces: dice.maybe(0.2, () => [dice.pick(namespaces)]),
    namespaceSelector: dice.maybe(0.2, () =>
      dice.chance(0.3) ? {} : { matchLabels: { team: dice.pick(["a", "b"]) } },
    ),
    matchLabelKeys: labelSelector && dice.maybe(0.15, () => ["version"]),
    mismatchLabelKeys: labelSelector && dice.maybe(0.1, () => ["tier"]),
  };
}
