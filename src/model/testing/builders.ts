/** Objects for tests: valid as they are, with what the test is about given. Each call makes fresh ones. */

import { applyDefaults } from "../defaults.ts";
import { newObject, type Kind } from "../kind.ts";
import { deployment, type Deployment, type DeploymentSpec } from "../kinds/apps/deployment/deployment.ts";
import type { Container } from "../kinds/core/pod/container.ts";
import type { PodSpec } from "../kinds/core/pod/pod-spec.ts";
import type { PodStatus } from "../kinds/core/pod/pod-status.ts";
import { pod, type Pod } from "../kinds/core/pod/pod.ts";
import type { NodeSpec, NodeStatus } from "../kinds/core/node/node-spec.ts";
import { node, type Node } from "../kinds/core/node/node.ts";
import type { ServiceSpec } from "../kinds/core/service/service-spec.ts";
import { service, type Service } from "../kinds/core/service/service.ts";
import type { KubeObject, ObjectMeta } from "../meta.ts";

/** When objects of tests were created. */
export const builtAt = "2026-01-02T03:04:05Z";

interface Named {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly labels?: Record<string, string> | undefined;
  /** What else the metadata has. */
  readonly metadata?: ObjectMeta | undefined;
}

function metadataOf(
  { name = "a", labels, metadata, ...given }: Named,
  namespace: string | undefined,
): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace: given.namespace ?? namespace }),
    uid: `uid-of-${name}`,
    resourceVersion: "1",
    creationTimestamp: builtAt,
    ...(labels === undefined ? {} : { labels }),
    ...metadata,
  };
}

function defaulted<T extends KubeObject>(kind: Kind<T>, object: T): T {
  applyDefaults(kind, object);
  return object;
}

export function aContainer(given: Partial<Container> = {}): Container {
  return { name: "main", image: "example.com/app:v1", ...given };
}

export interface PodOptions extends Named {
  readonly node?: string | undefined;
  /** One container that asks for this much. */
  readonly requests?: Record<string, string> | undefined;
  readonly containers?: Container[] | undefined;
  readonly spec?: Partial<PodSpec> | undefined;
  readonly status?: PodStatus | undefined;
}

/** A pod with its defaults. */
export function aPod(options: PodOptions = {}): Pod {
  const resources =
    options.requests === undefined ? {} : { resources: { requests: { ...options.requests } } };
  const spec: PodSpec = {
    containers: options.containers ?? [aContainer(resources)],
    ...(options.node === undefined ? {} : { nodeName: options.node }),
    ...options.spec,
  };
  const status = options.status ?? { phase: "Pending" };
  return defaulted(pod, newObject<Pod>(pod, metadataOf(options, "default"), { spec, status }));
}

export interface NodeOptions extends Named {
  /** Both capacity and what pods may use. */
  readonly resources?: Record<string, string> | undefined;
  readonly spec?: NodeSpec | undefined;
  readonly status?: NodeStatus | undefined;
}

/** A node that is ready, with 4 CPUs, 8Gi of memory and room for 110 pods unless told otherwise. */
export function aNode(options: NodeOptions = {}): Node {
  const { name = "a", labels, resources } = options;
  const amounts = { cpu: "4", memory: "8Gi", "ephemeral-storage": "100Gi", pods: "110", ...resources };
  const status: NodeStatus = {
    capacity: amounts,
    allocatable: { ...amounts },
    conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
    addresses: [{ type: "Hostname", address: name }],
    ...options.status,
  };
  const metadata = metadataOf(
    { ...options, labels: { "kubernetes.io/hostname": name, ...labels } },
    undefined,
  );
  return defaulted(node, newObject<Node>(node, metadata, { spec: options.spec ?? {}, status }));
}

export interface DeploymentOptions extends Named {
  readonly replicas?: number | undefined;
  readonly spec?: Partial<DeploymentSpec> | undefined;
}

/** A deployment of one container, whose pods have the label app with its name. */
export function aDeployment(options: DeploymentOptions = {}): Deployment {
  const labels = { app: options.name ?? "a" };
  const spec: DeploymentSpec = {
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    selector: { matchLabels: { ...labels } },
    template: { metadata: { labels }, spec: { containers: [aContainer()] } },
    ...options.spec,
  };
  return defaulted(deployment, newObject<Deployment>(deployment, metadataOf(options, "default"), { spec }));
}

export interface ServiceOptions extends Named {
  readonly spec?: Partial<ServiceSpec> | undefined;
}

/** A service of port 80 for pods with the label app with its name. */
export function aService(options: ServiceOptions = {}): Service {
  const spec: ServiceSpec = {
    selector: { app: options.name ?? "a" },
    ports: [{ port: 80 }],
    ...options.spec,
  };
  return defaulted(service, newObject<Service>(service, metadataOf(options, "default"), { spec }));
}
