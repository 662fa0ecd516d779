import { defineKind } from "../../../define.ts";
import { formatSelector, selectorFromLabelSelector } from "../../../labels.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, object, required, string, type Infer } from "../../../schema.ts";
import { applyTemplateDefaults, selectorErrors, templateErrors, workloadWideColumns } from "../workload.ts";
import { statefulSetSpec, type StatefulSetSpec } from "./stateful-set-spec.ts";
import { statefulSetSpecErrors, statefulSetUpdateErrors } from "./validate-stateful-set.ts";

const statefulSetStatus = object(
  "What the stateful set is, as last seen.",
  {
    observedGeneration: integer("Generation of the spec that this speaks of."),
    replicas: integer("Pods of the stateful set."),
    readyReplicas: integer("Pods that are ready."),
    currentReplicas: integer("Pods made from the old template."),
    updatedReplicas: integer("Pods made from the present template."),
    currentRevision: string("Revision of the old template."),
    updateRevision: string("Revision of the present template."),
    collisionCount: integer("Counts collisions of names of revisions."),
    conditions: array(condition, "Aspects of the stateful set.", { mergeKey: "type" }),
    availableReplicas: integer("Pods that have been ready for long enough."),
  },
  { name: "io.k8s.api.apps.v1.StatefulSetStatus" },
);
export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}

const fields = { spec: required(statefulSetSpec), status: statefulSetStatus };
const schema = object("", fields);
export interface StatefulSet extends KubeObject, Infer<typeof schema> {}

/** Before validation: anything may be missing. */
function applyStatefulSetDefaults({ spec }: { spec?: StatefulSetSpec | undefined }): void {
  if (spec === undefined) return;
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") strategy.rollingUpdate = { partition: 0, ...strategy.rollingUpdate };
  spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: "Retain", whenScaled: "Retain" };
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ??= "v1";
    claim.kind ??= "PersistentVolumeClaim";
  }
  applyTemplateDefaults(spec.template);
}

/** Containers may mount what the claim templates give the pods. */
function withClaims(object: StatefulSet): StatefulSet {
  const { template, volumeClaimTemplates = [] } = object.spec;
  if (template.spec === undefined || volumeClaimTemplates.length === 0) return object;
  const claims = volumeClaimTemplates.map(({ metadata }) => {
    const name = metadata?.name ?? "";
    return { name, persistentVolumeClaim: { claimName: name } };
  });
  const own = (template.spec.volumes ?? []).filter(({ name }) =>
    claims.every((claim) => claim.name !== name),
  );
  const spec = { ...template.spec, volumes: [...own, ...claims] };
  return { ...object, spec: { ...object.spec, template: { ...template, spec } } };
}

export const statefulSet = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  description: "Keeps a number of pods running that keep their names and their storage.",
  fields,
  columns: [
    {
      name: "Ready",
      type: "string",
      description: "How many of the wanted pods are ready.",
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    },
    ...workloadWideColumns.filter(({ name }) => name !== "Selector"),
  ],
  initialStatus: () => ({ replicas: 0, availableReplicas: 0 }),
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 1,
    withReplicas: (object, replicas) => ({ ...object, spec: { ...object.spec, replicas } }),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(selectorFromLabelSelector(spec.selector)),
  },
  applyDefaults: applyStatefulSetDefaults,
  validate: (object) => [
    ...selectorErrors(object, "statefulset"),
    ...templateErrors(withClaims(object), ["Always"]),
    ...statefulSetSpecErrors(object.spec),
  ],
  validateUpdate: (next, previous) => statefulSetUpdateErrors(next.spec, previous.spec),
});
