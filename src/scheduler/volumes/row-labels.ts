/** Labels of nodes by row, and node selectors of volumes, made ready to be held against many nodes. */

import { isSound, meets } from "../plugins/nodeaffinity/requirement.ts";
import { labelTest, type RowTest } from "../plugins/nodeaffinity/terms.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { NodeSelectorTerm } from "../snapshot/objects.ts";
import type { VolumeObject } from "../snapshot/storage-objects.ts";

export type RowLabel = (row: number) => string | undefined;

export function rowLabels(cluster: Cluster): (key: string) => RowLabel {
  return (key) => {
    const column = cluster.labelColumn(key);
    if (column === undefined) return (row) => cluster.node(row)?.metadata.labels?.[key];
    return (row) => column.values.texts[column.ids[row] ?? 0];
  };
}

/** From which nodes the volume can be reached. */
export function reachTest({ spec }: VolumeObject, cluster: Cluster): RowTest {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return everywhere;
  const tests = terms.map((term) => reachTermTest(term, cluster));
  return (row) => tests.some((test) => test(row));
}

export const everywhere: RowTest = () => true;

/** Volumes know nodes by their labels only: a demand on a field finds none. */
function reachTermTest(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  cluster: Cluster,
): RowTest {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false;
  if (!matchExpressions.every(isSound)) return () => false;
  if (!matchFields.every((requirement) => meets(requirement, undefined))) return () => false;
  const tests = matchExpressions.map((requirement) => labelTest(requirement, cluster));
  return (row) => tests.every((test) => test(row));
}
