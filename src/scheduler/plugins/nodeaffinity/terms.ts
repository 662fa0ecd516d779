/**
 * Node selectors made ready to be held against many nodes: every requirement is tried once per distinct value of
 * its label, not once per node.
 */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeSelectorTerm, PodObject, SelectorRequirement } from "../../snapshot/objects.ts";
import { isSound, meets } from "./requirement.ts";

export type RowTest = (row: number) => boolean;

const never: RowTest = () => false;

/** All requirements of the term; a term without any, or with one that makes no sense, matches nothing. */
export function termTest(term: NodeSelectorTerm, cluster: Cluster): RowTest {
  const { matchExpressions = [], matchFields = [] } = term;
  if (!matchExpressions.every(isSound) || !matchFields.every(isSoundField)) return never;
  const tests = [
    ...matchExpressions.map((requirement) => labelTest(requirement, cluster)),
    ...matchFields.map(
      (requirement): RowTest =>
        (row) =>
          meets(requirement, cluster.nodeName(row)),
    ),
  ];
  const [only] = tests;
  if (only === undefined) return never;
  return tests.length === 1 ? only : (row) => tests.every((test) => test(row));
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

/** All that the pod itself demands of nodes: its node selector and its required node affinity. */
export function demandTest({ nodeSelector = {}, affinity }: PodObject["spec"], cluster: Cluster): RowTest {
  const labels = Object.entries(nodeSelector).map(([key, value]) =>
    labelTest({ key, operator: "In", values: [value] }, cluster),
  );
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const terms = required?.map((term) => termTest(term, cluster));
  return (row) =>
    labels.every((test) => test(row)) && (terms === undefined || terms.some((test) => test(row)));
}

/** The node's name is the only field there is. */
function isSoundField({ key, operator, values = [] }: SelectorRequirement): boolean {
  return key === "metadata.name" && (operator === "In" || operator === "NotIn") && values.length === 1;
}

/**
 * Names of the only nodes that the terms leave; undefined when some term leaves nodes of any name. None at all
 * means that the terms contradict themselves.
 */
export function namesIn(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields
      .filter(({ key, operator }) => key === "metadata.name" && operator === "In")
      .map(({ values = [] }) => values);
    const [first, ...others] = lists;
    if (first === undefined) return undefined;
    for (const name of first) if (others.every((names) => names.includes(name))) all.add(name);
  }
  return all;
}
