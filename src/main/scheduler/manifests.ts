/** What a Kubernetes cluster needs for `nagi scheduler`, as YAML: kinds, rights, and pods that run it. */

import { stringify } from "yaml";
import { UsageError } from "../../cli/command.ts";
import { customResourceDefinition } from "../../model/custom-resource.ts";
import type { Kind } from "../../model/kind.ts";
import { schedulingDecision } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { podGroup } from "../../model/kinds/scheduling/podgroup/podgroup.ts";
import type { JsonValue } from "../../model/schema.ts";
import { relatedKind } from "../../scheduler/loop/related-feed.ts";
import { makeWith } from "../../scheduler/policy/plugin-factory.ts";
import { builtinPlugins } from "../../scheduler/policy/registry.ts";

export interface ManifestOptions {
  readonly schedulerName: string;
  readonly namespace: string;
  readonly image: string | undefined;
}

const account = "nagi-scheduler";
const metricsPort = 10_259;
const authorization = "rbac.authorization.k8s.io";

export function printed(what: string, options: ManifestOptions): string {
  const objects = what === "crds" ? crds() : what === "rbac" ? rbac(options) : deployment(options);
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n");
}

function crds(): JsonValue[] {
  return [
    customResourceDefinition(schedulingDecision, {
      columns: [
        { name: "Outcome", type: "string", jsonPath: ".spec.outcome" },
        { name: "Node", type: "string", jsonPath: ".spec.node" },
        { name: "Feasible", type: "integer", jsonPath: ".spec.feasibleNodes" },
        { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        { name: "Message", type: "string", jsonPath: ".spec.message", priority: 1 },
      ],
    }),
    customResourceDefinition(podGroup, {
      // Groups of k8s.io want to know where they were agreed on.
      annotations: {
        "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/scheduler-plugins/pull/50",
      },
      columns: [
        { name: "Phase", type: "string", jsonPath: ".status.phase" },
        { name: "MinMember", type: "integer", jsonPath: ".spec.minMember" },
        { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ],
    }),
  ];
}

interface Rule {
  readonly [field: string]: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function rule(group: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs };
}

/** Reading what plugins look at follows from the plugins. */
function clusterRules(): Rule[] {
  const names = builtinPlugins.flatMap((factory) => makeWith(factory, {}).related ?? []);
  const related = [...new Set(names)].map((name) => relatedKind(name));
  const byGroup = Map.groupBy(related, ({ group }: Kind) => group);
  return [
    rule("", ["nodes", "pods"], ["get", "list", "watch"]),
    rule("", ["pods"], ["delete"]),
    rule("", ["pods/binding"], ["create"]),
    rule("", ["pods/status"], ["patch"]),
    rule("", ["events"], ["create", "patch"]),
    rule("", ["persistentvolumes", "persistentvolumeclaims"], ["patch"]),
    ...[...byGroup].map(([group, kinds]) =>
      rule(group, kinds.map(({ plural }) => plural).toSorted(), ["get", "list", "watch"]),
    ),
    rule("nagi.dev", ["schedulingdecisions"], ["get", "list", "create", "update"]),
    // A decision belongs to its pod; some clusters (OpenShift) ask for this then.
    rule("", ["pods/finalizers"], ["update"]),
  ];
}

function rbac({ namespace }: ManifestOptions): JsonValue[] {
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const apiVersion = `${authorization}/v1`;
  const lease = rule("coordination.k8s.io", ["leases"], ["get", "create", "update"]);
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    { apiVersion, kind: "ClusterRole", metadata: { name: account }, rules: clusterRules() },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name: account },
      roleRef: { apiGroup: authorization, kind: "ClusterRole", name: account },
      subjects,
    },
    { apiVersion, kind: "Role", metadata: { name: account, namespace }, rules: [lease] },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata: { name: account, namespace },
      roleRef: { apiGroup: authorization, kind: "Role", name: account },
      subjects,
    },
  ];
}

function deployment({ schedulerName, namespace, image }: ManifestOptions): JsonValue[] {
  if (image === undefined) {
    throw new UsageError(
      "--print deployment needs --image",
      "For instance: --image registry.example.com/nagi:0.1.0",
    );
  }
  const labels = { app: account };
  const probe = (path: string): JsonValue => ({ httpGet: { path, port: "metrics" }, periodSeconds: 5 });
  const container = {
    name: "scheduler",
    image,
    args: [
      "scheduler",
      `--scheduler-name=${schedulerName}`,
      `--leader-elect-namespace=${namespace}`,
      "--bind-address=0.0.0.0",
    ],
    ports: [{ name: "metrics", containerPort: metricsPort }],
    livenessProbe: probe("/livez"),
    readinessProbe: probe("/readyz"),
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: account, namespace, labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: account,
            priorityClassName: "system-cluster-critical",
            containers: [container],
          },
        },
      },
    },
  ];
}
