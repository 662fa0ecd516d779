/** Defaults of services that the schema cannot say; run before validation, so anything may be missing. */

import type { ServiceSpec } from "./service-spec.ts";

/** How long a client stays with a pod under `sessionAffinity: ClientIP`. */
const affinitySeconds = 10_800;

export function applyServiceDefaults({ spec }: { spec?: ServiceSpec | undefined }): void {
  if (spec === undefined) return;
  for (const port of spec.ports ?? []) {
    const { targetPort = 0 } = port;
    if (targetPort === 0 || targetPort === "") port.targetPort = port.port;
  }
  if (spec.sessionAffinity === "ClientIP") {
    const config = (spec.sessionAffinityConfig ??= {});
    const clientIP = (config.clientIP ??= {});
    clientIP.timeoutSeconds ??= affinitySeconds;
  }
  if (spec.type !== "ExternalName") applyAddressDefaults(spec);
}

function applyAddressDefaults(spec: ServiceSpec): void {
  spec.internalTrafficPolicy ??= "Cluster";
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies ??= ["IPv4"];
  if (spec.clusterIP !== undefined && spec.clusterIP !== "") spec.clusterIPs ??= [spec.clusterIP];
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") spec.externalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}
