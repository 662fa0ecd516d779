/** What a stateful set should be. */

import { labelSelector } from "../../../label-selector.ts";
import { objectMeta } from "../../../meta.ts";
import { array, integer, intOrString, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { claimPhase, persistentVolumeClaimSpec } from "../../core/persistentvolumeclaim/claim-spec.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";

const updateStrategy = object(
  "How pods get a new template.",
  {
    type: oneOf(
      ["RollingUpdate", "OnDelete"],
      "Step by step from the highest number on, or as they are deleted.",
      {
        default: "RollingUpdate",
      },
    ),
    rollingUpdate: object(
      "Bounds of a rolling update.",
      {
        partition: integer("Pods with a lower number keep the old template.", { min: 0 }),
        maxUnavailable: intOrString("How many pods may be missing, as a number or a percentage."),
      },
      { name: "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy" },
    ),
  },
  { name: "io.k8s.api.apps.v1.StatefulSetUpdateStrategy" },
);

const whenGone = (description: string) => oneOf(["Retain", "Delete"], description, { default: "Retain" });

const claimTemplate = object(
  "What a claim of each pod is made from; a volume of the pod gets its name.",
  {
    apiVersion: string("v1, or absent."),
    kind: string("PersistentVolumeClaim, or absent."),
    metadata: objectMeta,
    spec: required(persistentVolumeClaimSpec),
    status: object("Not used.", { phase: claimPhase }, { preserveUnknown: true }),
  },
  { name: "dev.nagi.apps.v1.StatefulSetClaimTemplate" },
);

export const statefulSetSpec = object(
  "What the stateful set should be.",
  {
    replicas: integer("How many pods are wanted.", { default: 1, min: 0 }),
    selector: required({ ...labelSelector, immutable: true }),
    template: required(podTemplateSpec),
    volumeClaimTemplates: array(claimTemplate, "Claims that each pod gets of its own."),
    serviceName: string("Headless service that gives the pods their names."),
    podManagementPolicy: oneOf(
      ["OrderedReady", "Parallel"],
      "Whether pods are made and removed one after the other, or all at once.",
      { default: "OrderedReady", immutable: true },
    ),
    updateStrategy,
    revisionHistoryLimit: integer("How many old revisions are kept.", { default: 10, min: 0 }),
    minReadySeconds: integer("How long a new pod must be ready to count as available.", { min: 0 }),
    persistentVolumeClaimRetentionPolicy: object(
      "What becomes of the pods' claims.",
      {
        whenDeleted: whenGone("When the stateful set is deleted."),
        whenScaled: whenGone("When the stateful set gets smaller."),
      },
      { name: "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy" },
    ),
    ordinals: object(
      "How the pods are numbered.",
      { start: integer("Number of the first pod.", { min: 0 }) },
      { name: "io.k8s.api.apps.v1.StatefulSetOrdinals" },
    ),
  },
  { name: "io.k8s.api.apps.v1.StatefulSetSpec" },
);
export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}
