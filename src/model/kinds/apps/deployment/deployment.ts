import { defineKind } from "../../../define.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  intOrString,
  object,
  oneOf,
  required,
  type Infer,
} from "../../../schema.ts";
import { formatSelector, selectorFromLabelSelector } from "../../../labels.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";
import { applyTemplateDefaults, selectorErrors, templateErrors, workloadWideColumns } from "../workload.ts";
import { strategyErrors } from "./validate-strategy.ts";

const rollingUpdate = object(
  "Bounds of a rolling update.",
  {
    maxUnavailable: intOrString("How many pods may be missing, as a number or a percentage."),
    maxSurge: intOrString("How many pods there may be beyond the wanted ones, as a number or a percentage."),
  },
  { name: "io.k8s.api.apps.v1.RollingUpdateDeployment" },
);

const strategy = object(
  "How old pods are replaced by new ones.",
  {
    type: oneOf(["RollingUpdate", "Recreate"], "Step by step, or all old ones first."),
    rollingUpdate,
  },
  { name: "io.k8s.api.apps.v1.DeploymentStrategy", retainKeys: true },
);

const deploymentSpec = object(
  "What the deployment should be.",
  {
    replicas: integer("How many pods are wanted.", { default: 1, min: 0 }),
    selector: required({ ...labelSelector, immutable: true }),
    template: required(podTemplateSpec),
    strategy,
    minReadySeconds: integer("How long a new pod must be ready to count as available.", { min: 0 }),
    revisionHistoryLimit: integer("How many old revisions are kept.", { default: 10, min: 0 }),
    paused: boolean("Whether changes of the template are not rolled out for now."),
    progressDeadlineSeconds: integer("A rollout that makes no progress for this long has failed.", {
      default: 600,
      min: 0,
    }),
  },
  { name: "io.k8s.api.apps.v1.DeploymentSpec" },
);
export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}

const deploymentStatus = object(
  "What the deployment is, as last seen.",
  {
    observedGeneration: integer("Generation of the spec that this speaks of."),
    replicas: integer("Pods of the deployment."),
    updatedReplicas: integer("Pods made from the present template."),
    readyReplicas: integer("Pods that are ready."),
    availableReplicas: integer("Pods that have been ready for long enough."),
    unavailableReplicas: integer("Pods that are still missing."),
    terminatingReplicas: integer("Pods that are on their way out."),
    collisionCount: integer("Counts collisions of names of replica sets."),
    conditions: array(condition, "Aspects of the deployment: Available, Progressing, ReplicaFailure.", {
      mergeKey: "type",
    }),
  },
  { name: "io.k8s.api.apps.v1.DeploymentStatus" },
);
export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}

const fields = { spec: required(deploymentSpec), status: deploymentStatus };
const schema = object("", fields);
export interface Deployment extends KubeObject, Infer<typeof schema> {}

/** Before validation: anything may be missing. */
function applyDeploymentDefaults({ spec }: { spec?: DeploymentSpec | undefined }): void {
  if (spec === undefined) return;
  const strategy = (spec.strategy ??= {});
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate = { maxUnavailable: "25%", maxSurge: "25%", ...strategy.rollingUpdate };
  }
  applyTemplateDefaults(spec.template);
}

export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  description:
    "Keeps a number of like pods running and replaces them step by step when their template changes.",
  fields,
  columns: [
    {
      name: "Ready",
      type: "string",
      description: "How many of the wanted pods are ready.",
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    },
    {
      name: "Up-to-date",
      type: "integer",
      description: "Pods made from the present template.",
      value: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: "Available",
      type: "integer",
      description: "Pods that have been ready for long enough.",
      value: ({ status }) => status?.availableReplicas ?? 0,
    },
    ...workloadWideColumns,
  ],
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 1,
    withReplicas: (object, replicas) => ({ ...object, spec: { ...object.spec, replicas } }),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(selectorFromLabelSelector(spec.selector)),
  },
  applyDefaults: applyDeploymentDefaults,
  validate: (object) => [
    ...selectorErrors(object, "deployment"),
    ...templateErrors(object, ["Always"]),
    ...strategyErrors(object.spec),
  ],
});
