/** Pods with the label example.com/min-cpu stay off nodes with fewer cpus, and all prefer the largest nodes. */

import type { Plugin } from "../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../framework/plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

export const reasonSmall = "node(s) were smaller than the pod wants";

const wantedCpus = ({ object }: PodInfo) => object.metadata.labels?.["example.com/min-cpu"];

export const nodeSize: Plugin<{ readonly milliCpu: number }> = {
  name: "NodeSize",
  nodeLocal: true,
  shareKey: (pod) => wantedCpus(pod) ?? "",

  preFilter: (pod) => {
    const wanted = wantedCpus(pod);
    return wanted === undefined ? skip : proceed({ milliCpu: Number(wanted) * 1000 });
  },
  filter: ({ milliCpu }, row, { resources }) => ((resources.cpu.allocatable[row] ?? 0) < milliCpu ? 1 : 0),
  reasons: () => [{ text: reasonSmall, resolvable: false }],

  score: (_state, row, { resources }) => resources.cpu.allocatable[row] ?? 0,
  normalize: (raw, { max }) => (max === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * raw) / max)),

  hint: (event) => event.type === "NodeChanged",
};
