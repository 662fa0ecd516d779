/** What a pod should be: shared by Pod and by the templates of workloads. */

import { objectMeta } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  map,
  object,
  oneOf,
  quantity,
  required,
  string,
  type Infer,
} from "../../../schema.ts";
import { localObjectReference } from "../references.ts";
import { resourceRequirements } from "../resources.ts";
import { affinity, toleration, topologySpreadConstraint } from "./affinity.ts";
import { container } from "./container.ts";
import { podSecurityContext } from "./security-context.ts";
import { volume } from "./volume.ts";

const hostAlias = object(
  "A line of the pod's /etc/hosts.",
  {
    ip: required(string("Address.")),
    hostnames: array(string("Name."), "Names of the address."),
  },
  { name: "io.k8s.api.core.v1.HostAlias" },
);

const dnsConfigOption = object(
  "An option of the resolver.",
  { name: string("Name of the option."), value: string("Value of the option.") },
  { name: "io.k8s.api.core.v1.PodDNSConfigOption" },
);

const dnsConfig = object(
  "Changes of the pod's resolver settings.",
  {
    nameservers: array(string("Address."), "Name servers."),
    searches: array(string("Domain."), "Search domains."),
    options: array(dnsConfigOption, "Options of the resolver."),
  },
  { name: "io.k8s.api.core.v1.PodDNSConfig" },
);

const readinessGate = object(
  "A condition that must be True for the pod to be ready.",
  { conditionType: required(string("Type of the condition.")) },
  { name: "io.k8s.api.core.v1.PodReadinessGate" },
);

const schedulingGate = object(
  "A reason not to place the pod yet.",
  { name: required(string("Name of the gate.")) },
  { name: "io.k8s.api.core.v1.PodSchedulingGate" },
);

const podOS = object(
  "Operating system of the pod.",
  { name: required(oneOf(["linux", "windows"], "Name of the operating system.")) },
  { name: "io.k8s.api.core.v1.PodOS" },
);

const resourceClaim = object(
  "A claim on devices.",
  {
    name: required(string("Name of the claim in the pod.")),
    resourceClaimName: string("Name of a ResourceClaim."),
    resourceClaimTemplateName: string("Name of a ResourceClaimTemplate."),
  },
  { name: "io.k8s.api.core.v1.PodResourceClaim" },
);

export const podSpec = object(
  "What the pod should be.",
  {
    containers: required(
      array(container, "Containers, which share the pod's address.", { mergeKey: "name", minLength: 1 }),
    ),
    initContainers: array(container, "Containers that run one after the other before the others start.", {
      mergeKey: "name",
    }),
    ephemeralContainers: array(
      object("A container for debugging.", {}, { preserveUnknown: true }),
      "Containers added to a running pod for debugging.",
      { mergeKey: "name" },
    ),
    volumes: array(volume, "Volumes that containers can mount.", { mergeKey: "name", retainKeys: true }),
    restartPolicy: oneOf(["Always", "OnFailure", "Never"], "When containers that end are started again.", {
      default: "Always",
    }),
    terminationGracePeriodSeconds: integer("How long containers may take to stop after SIGTERM.", {
      default: 30,
      min: 0,
    }),
    activeDeadlineSeconds: integer("How long the pod may be active before it is failed.", { min: 1 }),
    dnsPolicy: oneOf(
      ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
      "Where the pod's resolver settings come from.",
      { default: "ClusterFirst" },
    ),
    dnsConfig,
    nodeSelector: map(string("Value."), "Labels that the node must have."),
    nodeName: string("Node that the pod is bound to; set by the scheduler."),
    serviceAccountName: string("Service account that the pod runs as."),
    serviceAccount: string("Old name of serviceAccountName."),
    automountServiceAccountToken: boolean("Whether a token of the service account is mounted."),
    hostNetwork: boolean("Whether the pod uses the node's network."),
    hostPID: boolean("Whether the pod sees the node's processes."),
    hostIPC: boolean("Whether the pod uses the node's IPC."),
    hostUsers: boolean("Whether the pod uses the node's user namespace."),
    shareProcessNamespace: boolean("Whether the containers see each other's processes."),
    securityContext: podSecurityContext,
    imagePullSecrets: array(localObjectReference, "Secrets with credentials of registries.", {
      mergeKey: "name",
    }),
    hostname: string("Host name of the pod; its name when absent."),
    subdomain: string("Makes the full host name hostname.subdomain.namespace.svc.domain."),
    setHostnameAsFQDN: boolean("Whether the full host name is the host name."),
    affinity,
    schedulerName: string("Scheduler that places the pod.", { default: "default-scheduler" }),
    tolerations: array(toleration, "Taints that the pod tolerates."),
    hostAliases: array(hostAlias, "Lines for /etc/hosts.", { mergeKey: "ip" }),
    priorityClassName: string("Class that gives the pod its priority."),
    priority: integer("Priority; higher ones go first."),
    preemptionPolicy: oneOf(
      ["PreemptLowerPriority", "Never"],
      "Whether the pod may push out pods of lower priority.",
    ),
    readinessGates: array(readinessGate, "Conditions that must be True for the pod to be ready."),
    runtimeClassName: string("Class of the container runtime."),
    enableServiceLinks: boolean("Whether addresses of services are put into the environment.", {
      default: true,
    }),
    overhead: map(quantity("Amount."), "Resources that the pod needs beside its containers'."),
    topologySpreadConstraints: array(topologySpreadConstraint, "How like pods are spread.", {
      mergeKey: "topologyKey",
    }),
    os: podOS,
    schedulingGates: array(schedulingGate, "Reasons not to place the pod yet.", { mergeKey: "name" }),
    resourceClaims: array(resourceClaim, "Claims on devices.", { mergeKey: "name" }),
    resources: resourceRequirements,
  },
  { name: "io.k8s.api.core.v1.PodSpec" },
);
export interface PodSpec extends Infer<typeof podSpec> {}

export const podTemplateSpec = object(
  "What pods are made from.",
  { metadata: objectMeta, spec: podSpec },
  { name: "io.k8s.api.core.v1.PodTemplateSpec" },
);
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
