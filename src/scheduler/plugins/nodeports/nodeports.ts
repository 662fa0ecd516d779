/** PodFitsPorts of OpenShift v3: a port of a node, per protocol and address, belongs to one pod. */

import type { Holder, Plugin, Reason } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import { portsConflict, type HostPort } from "../../snapshot/host-ports.ts";

export const reasonPortTaken = "node(s) didn't have free ports for the requested pod ports";

export const nodePorts: Plugin<readonly HostPort[]> = {
  name: "NodePorts",
  policyName: "PodFitsPorts",
  nodeLocal: true,
  shareKey: ({ hostPorts }) =>
    hostPorts.length === 0
      ? ""
      : hostPorts.map(({ protocol, address, port }) => `${protocol}/${address}/${port}`).join(),
  preFilter: ({ hostPorts }) => (hostPorts.length === 0 ? skip : proceed(hostPorts)),
  filter: (wanted, row, cluster) => {
    for (const port of wanted) if (cluster.ports.holder(row, port) !== undefined) return 1;
    return 0;
  },
  reasons: (wanted, _detail, at) => [
    { text: reasonPortTaken, resolvable: true, ...(at && taken(wanted, at.row, at.cluster)) },
  ],
  hint: (event, pod) =>
    event.type === "PodRemoved" &&
    pod.hostPorts.some((port) => event.pod.hostPorts.some((freed) => portsConflict(port, freed))),
};

function taken(
  wanted: readonly HostPort[],
  row: number,
  cluster: Cluster,
): Pick<Reason, "detail" | "holders"> {
  const holders = wanted.flatMap((port): Required<Omit<Holder, "amount">>[] => {
    const holder = cluster.ports.holder(row, port);
    return holder === undefined ? [] : [{ pod: holder.key, port: `${port.port}/${port.protocol}` }];
  });
  const detail = holders.map(({ pod, port }) => `port ${port} is held by ${pod}`).join(", ");
  return { detail, holders };
}
