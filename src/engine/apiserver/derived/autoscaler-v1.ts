/**
 * HorizontalPodAutoscalers of `autoscaling/v1`: the stored ones of v2, with processor time as the only metric.
 * What a writer of v1 cannot say (other metrics, the pace) stays as it is.
 */

import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { MetricSpec } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import {
  horizontalPodAutoscalerV1,
  type HorizontalPodAutoscalerV1,
} from "../../../model/kinds/autoscaling/horizontalpodautoscalerv1/horizontalpodautoscalerv1.ts";
import { apiVersionOf, resourceName } from "../../../model/kind.ts";
import { createObject } from "../operations/create.ts";
import { removeObject } from "../operations/remove.ts";
import { replaceObject } from "../operations/replace.ts";
import type { ServerParts } from "../parts.ts";
import { kindsByName, type DerivedKind, type DerivedWrite } from "./derived-kind.ts";

const resource = resourceName(horizontalPodAutoscaler);

const autoscalers: DerivedKind = {
  get: (parts, { namespace, name }) => {
    const stored = storedAt(parts, namespace, name);
    return stored && asV1(stored);
  },
  list: (parts, namespace) =>
    parts.store
      .list(resource, namespace)
      .entries.map(({ value }) => asV1(value as unknown as HorizontalPodAutoscaler)),
  write: async (write) => asV1(await writeStored(write)),
  remove: async ({ parts, target, dryRun }) => {
    await removeObject(parts, { target: { ...target, kind: horizontalPodAutoscaler }, options: {}, dryRun });
  },
};

export const autoscalerKinds = kindsByName([[horizontalPodAutoscalerV1, autoscalers]]);

function storedAt(parts: ServerParts, namespace: string, name: string): HorizontalPodAutoscaler | undefined {
  const entry = parts.store.get({ resource, namespace, name });
  return entry?.value as unknown as HorizontalPodAutoscaler | undefined;
}

async function writeStored(write: DerivedWrite): Promise<HorizontalPodAutoscaler> {
  const { parts, user, dryRun } = write;
  const { namespace, name } = write.target;
  const object = write.object as HorizontalPodAutoscalerV1;
  const target = { kind: horizontalPodAutoscaler, namespace, name };
  if (storedAt(parts, namespace, name) === undefined) {
    const created = await createObject(parts, {
      kind: horizontalPodAutoscaler,
      namespace,
      object: asV2(object, undefined),
      user,
      dryRun,
    });
    return created.value as unknown as HorizontalPodAutoscaler;
  }
  const { value } = await replaceObject(parts, {
    target,
    subresource: "",
    next: (previous) => asV2(object, previous as HorizontalPodAutoscaler),
    user,
    dryRun,
  });
  return value as unknown as HorizontalPodAutoscaler;
}

function isCpuShare({ resource: source }: MetricSpec): boolean {
  return source?.name === "cpu" && source.target.averageUtilization !== undefined;
}

export function asV1({ metadata, spec, status }: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { scaleTargetRef, minReplicas, maxReplicas, metrics = [] } = spec;
  const index = metrics.findIndex(isCpuShare);
  const wanted = metrics[index]?.resource?.target.averageUtilization;
  const seen = status?.currentMetrics?.find(({ resource: source }) => source?.name === "cpu");
  const used = seen?.resource?.current.averageUtilization;
  const { conditions: _conditions, currentMetrics: _metrics, ...told } = status ?? {};
  return {
    apiVersion: apiVersionOf(horizontalPodAutoscalerV1),
    kind: horizontalPodAutoscalerV1.kind,
    metadata,
    spec: {
      scaleTargetRef,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      maxReplicas,
      ...(wanted === undefined ? {} : { targetCPUUtilizationPercentage: wanted }),
    },
    ...(status === undefined
      ? {}
      : { status: { ...told, ...(used === undefined ? {} : { currentCPUUtilizationPercentage: used }) } }),
  };
}

export function asV2(
  { metadata, spec }: HorizontalPodAutoscalerV1,
  previous: HorizontalPodAutoscaler | undefined,
): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: averageUtilization, ...common } = spec;
  const others = (previous?.spec.metrics ?? []).filter((metric) => !isCpuShare(metric));
  const cpu: MetricSpec[] =
    averageUtilization === undefined
      ? []
      : [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
          },
        ];
  const metrics = [...cpu, ...others];
  const { behavior } = previous?.spec ?? {};
  return {
    apiVersion: apiVersionOf(horizontalPodAutoscaler),
    kind: horizontalPodAutoscaler.kind,
    metadata,
    spec: {
      ...common,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
  };
}
