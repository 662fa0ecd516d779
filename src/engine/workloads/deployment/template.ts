/** Which replica set stands for which template. */

import type { Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet, type ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import type { PodTemplateSpec } from "../../../model/kinds/core/pod/pod-spec.ts";
import { newObject } from "../../../model/kind.ts";
import { controllerRef } from "../../../model/meta.ts";
import { canonicalJson, safeHash } from "../shared/safe-hash.ts";
import { oldestFirst } from "./rolling.ts";

const templateHashLabel = "pod-template-hash";

/** The oldest set with the deployment's present template. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = comparable(deployment.spec.template);
  return sets
    .toSorted((a, b) => oldestFirst(ageOf(a), ageOf(b)))
    .find((set) => comparable(set.spec.template) === wanted);
}

export function ageOf(set: ReplicaSet): { createdAt: string; name: string } {
  return { createdAt: set.metadata.creationTimestamp ?? "", name: set.metadata.name ?? "" };
}

/** A template as text, without the label by which the sets of a deployment tell their pods apart. */
function comparable(template: PodTemplateSpec | undefined): string {
  const { [templateHashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return canonicalJson(withoutEmpty({ ...template, metadata: { ...template?.metadata, labels } }));
}

/** Here an empty object says something. */
const meaningfulWhenEmpty: ReadonlySet<string> = new Set(["emptyDir", "labelSelector", "namespaceSelector"]);

/** Tools write fields that are empty as they like (kubectl sends `resources: {}`): that makes no new version. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
    .filter(([key, inner]) => meaningfulWhenEmpty.has(key) || !isEmpty(inner));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** `collisions` makes another name when the first one is taken by a set of another template. */
export function templateHash(deployment: Deployment): string {
  const collisions = deployment.status?.collisionCount ?? 0;
  return safeHash(comparable(deployment.spec.template) + (collisions === 0 ? "" : String(collisions)));
}

export function buildSet(
  deployment: Deployment,
  replicas: number,
  annotations: Record<string, string>,
): ReplicaSet {
  const hash = templateHash(deployment);
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [templateHashLabel]: hash };
  const { name = "", namespace } = deployment.metadata;
  return newObject(
    replicaSet,
    {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations,
      ownerReferences: [controllerRef(deployment)],
    },
    {
      spec: {
        replicas,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    },
  );
}
