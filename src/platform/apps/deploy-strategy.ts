/** An app's deploy strategy in Kubernetes' terms. Pure. What must stay true: a volume never has two writers. */

import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { PodTemplateSpec } from "../../model/kinds/core/pod/pod-spec.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";

/** On a deployment: that Nagi chose to recreate its pods; it is taken back when the reason goes. */
export const recreateAnnotation = "nagi.dev/recreate";

type Strategy = Deployment["spec"]["strategy"];

const rolling: Strategy = {
  type: "RollingUpdate",
  // No pod goes before another one is ready in its place.
  rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 },
};

export interface ChosenStrategy {
  readonly strategy: Strategy;
  /** Value of `recreateAnnotation`: why the pods are recreated; undefined when they are not, or not by Nagi. */
  readonly recreate: "strategy" | "volume" | undefined;
}

/** What somebody else wrote into a deployment stays, unless the app says how it is deployed. */
export function chooseStrategy(
  { spec }: App,
  template: PodTemplateSpec,
  present: Deployment | undefined,
): ChosenStrategy {
  const recreate = hasClaim(template)
    ? "volume"
    : spec?.deploy?.strategy === "recreate"
      ? "strategy"
      : undefined;
  if (recreate !== undefined) return { strategy: { type: "Recreate" }, recreate };
  const wasOurs = present?.metadata.annotations?.[recreateAnnotation] !== undefined;
  const isSaid = spec?.deploy?.strategy !== undefined && present?.spec.strategy?.type === "Recreate";
  const isKept = present !== undefined && !wasOurs && !isSaid;
  return { strategy: isKept ? present.spec.strategy : rolling, recreate };
}

export function hasClaim({ spec }: PodTemplateSpec): boolean {
  return spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined) ?? false;
}

/** `annotations` with the mark of the chosen strategy, or without it. */
export function markedWith(
  { recreate }: ChosenStrategy,
  annotations: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { [recreateAnnotation]: _before, ...others } = annotations;
  return recreate === undefined ? others : { ...others, [recreateAnnotation]: recreate };
}
