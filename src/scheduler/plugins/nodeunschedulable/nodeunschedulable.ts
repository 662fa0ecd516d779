/** A cordoned node takes no pods, except those that tolerate the taint that says so. */

import type { Plugin } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";
import { nodeAspect } from "../../snapshot/cluster.ts";
import { tolerates } from "../tainttoleration/tolerates.ts";

export const reasonUnschedulable = "node(s) were unschedulable";

const cordoned = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeUnschedulable: Plugin<true> = {
  name: "NodeUnschedulable",
  nodeLocal: true,
  shareKey: (pod) => (toleratesCordon(pod.object.spec.tolerations) ? "t" : ""),
  preFilter: ({ object }) => (toleratesCordon(object.spec.tolerations) ? skip : proceed(true)),
  filter: (_state, row, cluster) => cluster.unschedulable[row] ?? 0,
  reasons: () => [{ text: reasonUnschedulable, detail: "the node is cordoned", resolvable: false }],
  hint: (event) => event.type === "NodeChanged" && (event.aspects & nodeAspect.unschedulable) !== 0,
};

function toleratesCordon(tolerations: Parameters<typeof tolerates>[0] = []): boolean {
  return tolerates(tolerations, cordoned);
}
