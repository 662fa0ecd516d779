/** What a service should be, and what it is. */

import { condition } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  intOrString,
  map,
  object,
  oneOf,
  required,
  string,
  type Infer,
} from "../../../schema.ts";

export const servicePort = object(
  "A port of the service.",
  {
    name: string("Name, unique in the service; needed when there are several ports."),
    protocol: oneOf(["TCP", "UDP", "SCTP"], "Protocol of the port.", { default: "TCP" }),
    appProtocol: string("Protocol of the application, as a hint for proxies."),
    port: required(integer("Port of the service's address.", { min: 1, max: 65_535 })),
    targetPort: intOrString("Port of the pods, as a number or a port's name; the same as port when absent."),
    nodePort: integer("Port of every node, for NodePort and LoadBalancer.", { min: 0, max: 65_535 }),
  },
  { name: "io.k8s.api.core.v1.ServicePort" },
);
export interface ServicePort extends Infer<typeof servicePort> {}

const sessionAffinityConfig = object(
  "Settings of the session affinity.",
  {
    clientIP: object(
      "Settings of ClientIP.",
      { timeoutSeconds: integer("How long a client stays with a pod.", { min: 1, max: 86_400 }) },
      { name: "io.k8s.api.core.v1.ClientIPConfig" },
    ),
  },
  { name: "io.k8s.api.core.v1.SessionAffinityConfig" },
);

export const serviceSpec = object(
  "What the service should be.",
  {
    selector: map(string("Value."), "Labels of the pods that serve; without it, endpoints are made by hand."),
    ports: array(servicePort, "Ports of the service.", { mergeKey: "port" }),
    type: oneOf(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], "How the service is reached.", {
      default: "ClusterIP",
    }),
    clusterIP: string("Address of the service; None for a service without one."),
    clusterIPs: array(string("Address."), "Addresses of the service."),
    externalIPs: array(string("Address."), "Further addresses that lead here."),
    externalName: string("Name that a service of type ExternalName stands for."),
    sessionAffinity: oneOf(["None", "ClientIP"], "Whether a client stays with a pod.", { default: "None" }),
    sessionAffinityConfig,
    loadBalancerIP: string("Wanted address of the load balancer."),
    loadBalancerSourceRanges: array(string("Address range."), "Clients that may use the load balancer."),
    loadBalancerClass: string("Class of the load balancer."),
    allocateLoadBalancerNodePorts: boolean("Whether a load balancer gets node ports."),
    externalTrafficPolicy: oneOf(["Cluster", "Local"], "Whether only pods of the receiving node are used."),
    internalTrafficPolicy: oneOf(["Cluster", "Local"], "Whether only pods of the client's node are used."),
    healthCheckNodePort: integer("Port for health checks of a load balancer."),
    publishNotReadyAddresses: boolean("Whether pods that are not ready get requests too."),
    ipFamilies: array(oneOf(["IPv4", "IPv6"], "Family."), "Families of the addresses."),
    ipFamilyPolicy: oneOf(
      ["SingleStack", "PreferDualStack", "RequireDualStack"],
      "Whether addresses of both families are wanted.",
    ),
    trafficDistribution: string("Which endpoints are preferred."),
  },
  { name: "io.k8s.api.core.v1.ServiceSpec" },
);
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

const loadBalancerIngress = object(
  "A way in through the load balancer.",
  { ip: string("Address."), hostname: string("Name.") },
  { name: "io.k8s.api.core.v1.LoadBalancerIngress" },
);

export const serviceStatus = object(
  "What the service is, as last seen.",
  {
    loadBalancer: object(
      "State of the load balancer.",
      { ingress: array(loadBalancerIngress, "Ways in.") },
      { name: "io.k8s.api.core.v1.LoadBalancerStatus" },
    ),
    conditions: array(condition, "Aspects of the service.", { mergeKey: "type" }),
  },
  { name: "io.k8s.api.core.v1.ServiceStatus" },
);
export interface ServiceStatus extends Infer<typeof serviceStatus> {}
