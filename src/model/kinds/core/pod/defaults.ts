/**
 * Defaults of pods that the schema cannot say. They run before validation, so anything may be missing; what is
 * there has the right type.
 */

import type { KubeObject } from "../../../meta.ts";
import type { Container } from "./container.ts";
import { imageTag } from "./image-tag.ts";
import type { PodSpec } from "./pod-spec.ts";
import { volumeSources } from "./volume.ts";

/** Of every pod spec, in templates too. */
export function applyPodSpecDefaults(spec: PodSpec): void {
  spec.securityContext ??= {};
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  for (const container of containers) applyContainerDefaults(container, spec.hostNetwork === true);
  for (const volume of spec.volumes ?? []) {
    if (!Object.keys(volumeSources).some((source) => Object.hasOwn(volume, source))) volume.emptyDir = {};
  }
  // Two names of one field: the old one follows the new one.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
}

function applyContainerDefaults(container: Container, hostNetwork: boolean): void {
  const { image = "" } = container;
  container.imagePullPolicy ??= imageTag(image) === "latest" ? "Always" : "IfNotPresent";
  if (!hostNetwork) return;
  for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
}

const builtinPriorities: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/** How long a pod stays on a node that is not ready or cannot be reached. */
const evictionSeconds = 300;

/** Of pods themselves, not of templates. */
export function applyPodDefaults(pod: KubeObject & { spec?: PodSpec | undefined }): void {
  const { spec } = pod;
  if (spec === undefined) return;
  spec.serviceAccountName ??= spec.serviceAccount ?? "default";
  applyPodSpecDefaults(spec);
  spec.priority ??= builtinPriorities[spec.priorityClassName ?? ""] ?? 0;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
  for (const owner of [...(spec.initContainers ?? []), ...(spec.containers ?? []), spec]) {
    const { resources } = owner;
    if (resources?.limits !== undefined) resources.requests = { ...resources.limits, ...resources.requests };
  }
  for (const key of ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
    tolerateForAWhile(spec, key);
}

function tolerateForAWhile(spec: PodSpec, key: string): void {
  const tolerations = spec.tolerations ?? [];
  const isTolerated = tolerations.some(
    (toleration) =>
      (toleration.key === key || (toleration.key ?? "") === "") &&
      (toleration.effect === undefined || toleration.effect === "NoExecute"),
  );
  if (isTolerated) return;
  spec.tolerations = [
    ...tolerations,
    { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: evictionSeconds },
  ];
}
