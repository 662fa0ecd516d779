/** From a service and its pods to endpoints: who can be reached, where, and whether it takes connections. */

import type { Endpoint, EndpointPort } from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Service, ServicePort } from "../../../model/kinds/core/service/service.ts";
import { canonicalJson } from "../shared/safe-hash.ts";
import { hasEnded, isReady } from "../shared/pods.ts";

/** Endpoints that share their port numbers: one port name may stand for different numbers in different pods. */
export interface EndpointGroup {
  /** The ports as text, which names the group. */
  readonly key: string;
  readonly ports: readonly EndpointPort[];
  /** By UID of the pod. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

export function endpointGroups(service: Service, pods: readonly Pod[]): EndpointGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }>();
  for (const pod of pods) {
    const address = pod.status?.podIP;
    if (address === undefined || address === "" || hasEnded(pod)) continue;
    const ports = portsFor(service, pod);
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    group.endpoints.set(pod.metadata.uid ?? "", endpointOf(service, pod, address));
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ key, ...group })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function endpointOf(service: Service, pod: Pod, address: string): Endpoint {
  const serving = isReady(pod) || service.spec.publishNotReadyAddresses === true;
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { name, namespace, uid } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec;
  const named = hostname !== undefined && subdomain === service.metadata.name;
  return {
    addresses: [address],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(named ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** The ports as this pod has them; one that the pod does not have is left out. */
function portsFor(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol };
    return [{ name: port.name ?? "", protocol: port.protocol ?? "TCP", port: number, ...appProtocol }];
  });
}

function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  const protocol = port.protocol ?? "TCP";
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    const found = container.ports?.find(
      ({ name, protocol: its = "TCP" }) => name === target && its === protocol,
    );
    if (found !== undefined) return found.containerPort;
  }
  return /^\d+$/.test(target) ? Number(target) : undefined;
}
