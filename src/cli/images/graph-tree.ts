/** The graph of images as a tree of text. What has several origins is drawn below the first. Pure. */

import { releasedBy, type GraphEdge, type GraphNode, type ImageGraph } from "./graph.ts";

export function graphTree(graph: ImageGraph): string {
  const drawn = new Set<string>();
  const lines: string[] = [];
  for (const node of rootsOf(graph)) {
    if (drawn.has(node.id)) continue;
    lines.push(textOf(node));
    drawn.add(node.id);
    addBelow(graph, node.id, { prefix: "", drawn, lines });
  }
  return lines.join("\n");
}

/** A line for each tag whose move releases something. */
export function moveLines(graph: ImageGraph): readonly string[] {
  return graph.nodes.flatMap(({ id, kind, title }) => {
    const apps = kind === "tag" ? releasedBy(graph, id) : [];
    return apps.length === 0 ? [] : [`When ${title} moves, it is released to ${apps.join(", ")}.`];
  });
}

/** Those that nothing leads to; then, for circles, whatever has not been reached. */
export function rootsOf({ nodes, edges }: ImageGraph): readonly GraphNode[] {
  const targets = new Set(edges.map(({ to }) => to));
  return [...nodes.filter(({ id }) => !targets.has(id)), ...nodes.filter(({ id }) => targets.has(id))];
}

interface Place {
  readonly prefix: string;
  readonly drawn: Set<string>;
  readonly lines: string[];
}

function addBelow(graph: ImageGraph, id: string, { prefix, drawn, lines }: Place): void {
  const edges = graph.edges.filter(({ from }) => from === id);
  for (const [index, edge] of edges.entries()) {
    const node = graph.nodes.find((each) => each.id === edge.to);
    if (node === undefined) continue;
    const isLast = index === edges.length - 1;
    const isKnown = drawn.has(node.id);
    lines.push(`${prefix}${isLast ? "└" : "├"}${arrowOf(edge)} ${textOf(node, isKnown)}`);
    if (isKnown) continue;
    drawn.add(node.id);
    addBelow(graph, node.id, { prefix: `${prefix}${isLast ? "    " : "│   "}`, drawn, lines });
  }
}

function arrowOf({ moves, label }: GraphEdge): string {
  return `${moves ? "──▶" : "╌╌▷"} (${label})`;
}

function textOf({ kind, title, detail }: GraphNode, isKnown = false): string {
  const name = kind === "app" ? `app ${title}` : title;
  return isKnown ? `${name}: see above` : `${name}: ${detail}`;
}
