/** HostName of OpenShift v3, NodeName of today: a pod that names its node goes there or nowhere. */

import type { Plugin } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";

export const reasonOtherNode = "node(s) didn't match the requested node name";

export const nodeName: Plugin<string> = {
  name: "NodeName",
  policyName: "HostName",
  nodeLocal: true,
  shareKey: (pod) => pod.object.spec.nodeName ?? "",
  preFilter: ({ object }) => {
    const wanted = object.spec.nodeName;
    return wanted === undefined || wanted === "" ? skip : proceed(wanted);
  },
  filter: (wanted, row, cluster) => (cluster.nodeName(row) === wanted ? 0 : 1),
  reasons: (wanted) => [
    { text: reasonOtherNode, detail: `the pod asks for node ${wanted}`, resolvable: false },
  ],
  hint: (event) => event.type === "NodeAdded",
};
