/** Where web of an app runs at the moment, in the main deployment and beside it, and how far it is. Pure. */

import { processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { DeployInput } from "./deploy-input.ts";
import { besideDeploymentName } from "./names.ts";
import { deployedAnnotation, progressOf, type Progress } from "./rollout.ts";

/** How far web of a release is that runs beside. */
export function besideProgress(release: Release, input: DeployInput): Progress {
  const { beside } = input;
  return progressOf(webOnly(release), { ...input, deployments: beside === undefined ? [] : [beside] });
}

/** The release without its other processes. */
export function webOnly({ spec, ...release }: Release): Release {
  return { ...release, spec: { ...spec, processes: { [webProcess]: spec.processes[webProcess] ?? {} } } };
}

/** Whether no instance of another release is left in the main deployment of web. */
export function isAlone({ metadata }: Release, { deployments }: DeployInput): boolean {
  const web = webOf(deployments);
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = web?.status ?? {};
  return (
    web?.metadata.annotations?.[deployedAnnotation] === metadata.name &&
    observedGeneration >= (web?.metadata.generation ?? 0) &&
    replicas === updatedReplicas
  );
}

export function besideReleaseName({ beside }: DeployInput): string | undefined {
  return beside?.metadata.annotations?.[deployedAnnotation];
}

/** Whether instances are left that ran beside and are not of this release. */
export function hasOthersBeside({ spec }: Release, { pods }: DeployInput): boolean {
  const prefix = `${besideDeploymentName(spec.app)}-`;
  return pods.some((pod) => pod.metadata.name?.startsWith(prefix) === true && isOther(pod, spec.version));
}

/** Whether instances of another release are left in the main deployment of web, which is to run this one. */
export function hasOldOnes({ metadata, spec }: Release, { deployments, pods }: DeployInput): boolean {
  if (webOf(deployments)?.metadata.annotations?.[deployedAnnotation] !== metadata.name) return false;
  return pods.some((pod) => pod.metadata.labels?.[processLabel] === webProcess && isOther(pod, spec.version));
}

/** Whether it is an instance of another release; one that was evicted is none any more, and stays to be looked at. */
function isOther({ metadata: { labels = {}, deletionTimestamp }, status }: Pod, version: number): boolean {
  return (
    labels[releaseLabel] !== `v${version}` && deletionTimestamp === undefined && status?.phase !== "Failed"
  );
}

export function webOf(deployments: readonly Deployment[]): Deployment | undefined {
  return deployments.find(({ metadata }) => metadata.labels?.[processLabel] === webProcess);
}
