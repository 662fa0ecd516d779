/** Ports of the node that a pod asks for, and who holds which. A port is taken per protocol and address. */

import type { ContainerObject, PodObject } from "./objects.ts";

export const everyAddress = "0.0.0.0";

export interface HostPort {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

export function hostPortsOf(pod: PodObject): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const collect = (container: ContainerObject): void => {
    for (const { hostPort = 0, containerPort, hostIP, protocol } of container.ports ?? []) {
      const port = hostPort === 0 && pod.spec.hostNetwork === true ? (containerPort ?? 0) : hostPort;
      if (port <= 0) continue;
      const address = hostIP === undefined || hostIP === "" ? everyAddress : hostIP;
      (ports ??= []).push({ protocol: protocol ?? "TCP", address, port });
    }
  };
  for (const container of pod.spec.containers) collect(container);
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") collect(container);
  }
  return ports ?? none;
}

const none: readonly HostPort[] = [];

export function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.address === b.address || a.address === everyAddress || b.address === everyAddress;
}
