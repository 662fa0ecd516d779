/**
 * Node selectors made ready to be held against many nodes: every requirement is tried once per distinct value of
 * its label, not once per node.
 */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeSelectorTerm, SelectorRequirement } from "../../snapshot/objects.ts";
import { meets } from "./requirement.ts";

export type RowTest = (row: number) => boolean;

/** All requirements of the term; a term without any matches nothing. */
export function termTest(term: NodeSelectorTerm, cluster: Cluster): RowTest {
  const tests = [
    ...(term.matchExpressions ?? []).map((requirement) => labelTest(requirement, cluster)),
    ...(term.matchFields ?? []).map((requirement) => fieldTest(requirement, cluster)),
  ];
  return tests.length === 0 ? () => false : (row) => tests.every((test) => test(row));
}

export function labelTest(requirement: SelectorRequirement, cluster: Cluster): RowTest {
  const { key } = requirement;
  const column = cluster.labelColumn(key);
  if (column === undefined) {
    return (row) => meets(requirement, cluster.node(row)?.metadata.labels?.[key]);
  }
  const known: (boolean | undefined)[] = [];
  return (row) => {
    const id = column.ids[row] ?? 0;
    return (known[id] ??= meets(requirement, column.values.texts[id]));
  };
}

function fieldTest(requirement: SelectorRequirement, cluster: Cluster): RowTest {
  if (requirement.key !== "metadata.name") return () => false;
  return (row) => meets(requirement, cluster.nodeName(row));
}
