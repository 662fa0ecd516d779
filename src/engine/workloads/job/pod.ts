/** The pod of a job, with the labels and, for an Indexed job, the number by which programs know their share. */

import type { Job } from "../../../model/kinds/batch/job/job.ts";
import type { Container } from "../../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newPod } from "../shared/new-pod.ts";
import { indexAnnotation } from "./indexes.ts";

export const uidLabel = "batch.kubernetes.io/controller-uid";

export function buildJobPod(job: Job, index: number | undefined): Pod {
  const { name = "", uid = "" } = job.metadata;
  const made = newPod(job, job.spec.template);
  const labels = {
    ...made.metadata.labels,
    [uidLabel]: uid,
    "controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "job-name": name,
  };
  const pod: Pod = { ...made, metadata: { ...made.metadata, labels } };
  return index === undefined ? pod : withIndex(pod, name, index);
}

function withIndex(pod: Pod, jobName: string, index: number): Pod {
  const number = { [indexAnnotation]: String(index) };
  const numbered = (container: Container): Container => {
    const fieldPath = `metadata.annotations['${indexAnnotation}']`;
    const others = (container.env ?? []).filter(({ name }) => name !== "JOB_COMPLETION_INDEX");
    const env = [...others, { name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { fieldPath } } }];
    return { ...container, env };
  };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${jobName}-${index}-`,
      labels: { ...pod.metadata.labels, ...number },
      annotations: { ...pod.metadata.annotations, ...number },
    },
    spec: {
      ...pod.spec,
      hostname: `${jobName}-${index}`,
      containers: pod.spec.containers.map(numbered),
      ...(pod.spec.initContainers === undefined
        ? {}
        : { initContainers: pod.spec.initContainers.map(numbered) }),
    },
  };
}
