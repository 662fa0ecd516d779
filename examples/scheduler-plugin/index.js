/**
 * Pods with the annotation example.com/disk-class go to nodes with that label, and prefer nodes that run few pods of
 * that kind. No node takes more of them than maxPerNode: an argument in the scheduler's configuration.
 */

const key = "example.com/disk-class";

const wantedBy = (pod) => pod.object.metadata.annotations?.[key];

export const plugin = {
  name: "DiskClass",
  make({ maxPerNode = 10 }) {
    if (!Number.isInteger(maxPerNode) || maxPerNode < 1) {
      throw new Error(`maxPerNode is ${JSON.stringify(maxPerNode)}: must be a whole number from 1`);
    }
    const count = (row, cluster) => {
      let found = 0;
      for (const { info } of cluster.podsOn(row)) if (wantedBy(info) !== undefined) found++;
      return found;
    };
    return {
      /** What it says of a node depends on that node and its pods alone. */
      nodeLocal: true,
      /** All of the pod that the answers depend on: pods with equal keys share them. */
      shareKey: (pod) => wantedBy(pod) ?? "",

      /** Reads the pod once; what is in `state` is given to the filter. */
      preFilter(pod) {
        const wanted = wantedBy(pod);
        return wanted === undefined ? { type: "skip" } : { type: "state", state: { wanted } };
      },
      /** 0: the node takes the pod; else a number that `reasons` turns into text. */
      filter({ wanted }, row, cluster) {
        if (cluster.node(row)?.metadata.labels?.[key] !== wanted) return 1;
        return count(row, cluster) < maxPerNode ? 0 : 2;
      },
      reasons({ wanted }, detail, at) {
        if (detail === 1) {
          const has = at && (at.cluster.node(at.row)?.metadata.labels?.[key] ?? "none");
          const numbers = at && `needs a disk of class ${wanted}, has ${has}`;
          return [{ text: "node(s) had no disk of the class", detail: numbers, resolvable: false }];
        }
        const numbers = at && `has ${count(at.row, at.cluster)} such pods of ${maxPerNode}`;
        return [{ text: "node(s) had too many pods with disks", detail: numbers, resolvable: true }];
      },

      preScore: (pod) => (wantedBy(pod) === undefined ? { type: "skip" } : { type: "state" }),
      /** The fewest such pods are best; `normalize` brings it to 0 to 100. */
      score: (_state, row, cluster) => -count(row, cluster),
      normalize: (raw, { min, max }) => (max === min ? 100 : Math.trunc((100 * (raw - min)) / (max - min))),
    };
  },
};
