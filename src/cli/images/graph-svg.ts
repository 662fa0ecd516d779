/**
 * The graph of images as a picture: origins on the left, apps on the right, a column for each step. Pure text, without
 * scripts or anything from elsewhere; light or dark as the reader has it.
 */

import { moveLines, rootsOf } from "./graph-tree.ts";
import type { GraphEdge, GraphNode, ImageGraph, NodeKind } from "./graph.ts";

const size = {
  node: { height: 52, minWidth: 150, maxWidth: 340 },
  gapX: 140,
  gapY: 22,
  margin: 32,
  line: 22,
};
/** Of what a node is, in its corner. */
const kindWidth = 40;
/** Of the fonts below, wide letters included. */
const letterWidth = { title: 7.6, detail: 6.4, label: 5.8 };

interface Placed {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export function graphSvg(graph: ImageGraph): string {
  const placed = placeNodes(graph);
  const byId = new Map(placed.map((each) => [each.node.id, each]));
  const notes = moveLines(graph);
  const right = Math.max(0, ...placed.map(({ x, width }) => x + width));
  const bottom = Math.max(0, ...placed.map(({ y }) => y + size.node.height));
  const noteWidth = Math.max(0, ...notes.map((note) => note.length * letterWidth.detail));
  const width = Math.ceil(Math.max(right, size.margin + noteWidth) + size.margin);
  const height = Math.ceil(bottom + size.margin + notes.length * size.line + (notes.length > 0 ? 12 : 0));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Who follows whom">`,
    `<style>${style}</style>`,
    ...markers,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...graph.edges.flatMap((edge) => edgeSvg(edge, byId)),
    ...placed.map(nodeSvg),
    ...notes.map((note, index) => {
      const y = bottom + size.margin + index * size.line;
      return `<text class="note" x="${size.margin}" y="${y}">${escaped(note)}</text>`;
    }),
    "</svg>",
    "",
  ].join("\n");
}

/** In columns by the longest way from an origin; in each column in the order of a walk, so that few lines cross. */
function placeNodes(graph: ImageGraph): readonly Placed[] {
  const depths = depthsOf(graph);
  const order = walk(graph);
  const columns: GraphNode[][] = [];
  for (const node of order) (columns[depths.get(node.id) ?? 0] ??= []).push(node);
  const tallest = Math.max(0, ...columns.map((column) => column.length));
  const rowHeight = size.node.height + size.gapY;
  let x = size.margin;
  return columns.flatMap((column) => {
    const width = Math.max(...column.map(widthOf));
    // Each column in the middle of the tallest.
    const top = size.margin + ((tallest - column.length) * rowHeight) / 2;
    const places = column.map((node, row) => ({ node, x, y: top + row * rowHeight, width }));
    x += width + size.gapX;
    return places;
  });
}

/** Edges that close a circle do not count: no node is deeper than there are nodes. */
function depthsOf({ nodes, edges }: ImageGraph): ReadonlyMap<string, number> {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 1; round < nodes.length; round++)
    for (const { from, to } of edges) {
      const depth = (depths.get(from) ?? 0) + 1;
      if (depth > (depths.get(to) ?? 0) && depth < nodes.length) depths.set(to, depth);
    }
  return compact(depths);
}

/** Without the columns that a circle left empty. */
function compact(depths: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const used = [...new Set(depths.values())].toSorted((a, b) => a - b);
  return new Map([...depths].map(([id, depth]) => [id, used.indexOf(depth)]));
}

function walk(graph: ImageGraph): readonly GraphNode[] {
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const { from, to } of graph.edges) if (from === id) visit(to);
  };
  for (const { id } of rootsOf(graph)) visit(id);
  return [...seen].flatMap((id) => graph.nodes.find((node) => node.id === id) ?? []);
}

function widthOf({ title, detail }: GraphNode): number {
  const wanted =
    Math.max(title.length * letterWidth.title + kindWidth, detail.length * letterWidth.detail) + 40;
  return Math.round(Math.min(size.node.maxWidth, Math.max(size.node.minWidth, wanted)));
}

function nodeSvg({ node, x, y, width }: Placed): string {
  const { kind, title, detail } = node;
  const fitting = (text: string, letter: number, beside = 0): string =>
    shortened(text, Math.floor((width - 36 - beside) / letter));
  return [
    `<g class="node ${kind}" transform="translate(${x} ${y})">`,
    `<title>${escaped(`${title}: ${detail}`)}</title>`,
    `<rect class="box" width="${width}" height="${size.node.height}" rx="10"/>`,
    `<rect class="mark" x="0" y="12" width="4" height="${size.node.height - 24}" rx="2"/>`,
    `<text class="title" x="18" y="22">${escaped(fitting(title, letterWidth.title, kindWidth))}</text>`,
    `<text class="detail" x="18" y="40">${escaped(fitting(detail, letterWidth.detail))}</text>`,
    `<text class="kind" x="${width - 10}" y="14">${kindNames[kind]}</text>`,
    "</g>",
  ].join("");
}

const kindNames: Readonly<Record<NodeKind, string>> = {
  outside: "image",
  platform: "platform",
  builds: "builds",
  tag: "tag",
  app: "app",
};

function edgeSvg({ from, to, label, moves }: GraphEdge, byId: ReadonlyMap<string, Placed>): string[] {
  const [start, end] = [byId.get(from), byId.get(to)];
  if (start === undefined || end === undefined) return [];
  const middle = size.node.height / 2;
  const [x1, y1] = [start.x + start.width, start.y + middle];
  const [x2, y2] = [end.x - 6, end.y + middle];
  const bend = Math.max(40, Math.abs(x2 - x1) / 2);
  const way = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  const [labelX, labelY] = [x2 - 8, y2 - 7];
  return [
    `<path class="edge ${moves ? "moves" : "once"}" d="${way}" marker-end="url(#${moves ? "moves" : "once"})"/>`,
    `<text class="label" x="${labelX}" y="${labelY}">${escaped(label)}</text>`,
  ];
}

function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, Math.max(1, max - 1))}…`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const markers = [
  "<defs>",
  ...["moves", "once"].map(
    (name) =>
      `<marker id="${name}" class="${name}" viewBox="0 0 10 10" refX="7" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M1 1 L9 5 L1 9 Z"/></marker>`,
  ),
  "</defs>",
];

const style = `
svg{--ground:#fbfcfd;--box:#fff;--line:#d6dde4;--ink:#1c2733;--faint:#66727f;--outside:#8a6fb3;--platform:#9a7b4f;--builds:#b4652f;--tag:#2b6ca3;--app:#2e8b6a;--edge:#5b7a95}
@media(prefers-color-scheme:dark){svg{--ground:#11171d;--box:#1a232c;--line:#33404c;--ink:#e6edf3;--faint:#93a1ae;--outside:#b79be0;--platform:#cfae7c;--builds:#e59b66;--tag:#6db1ea;--app:#63c9a1;--edge:#7f9db8}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.ground{fill:var(--ground)}.box{fill:var(--box);stroke:var(--line)}
.title{font-size:13.5px;font-weight:600;fill:var(--ink)}.detail{font-size:11.5px;fill:var(--faint)}
.kind{font-size:9px;fill:var(--faint);text-anchor:end}.note{font-size:12px;fill:var(--faint)}
.label{font-size:10px;fill:var(--faint);text-anchor:end;paint-order:stroke;stroke:var(--ground);stroke-width:3px}
.outside .mark{fill:var(--outside)}.platform .mark{fill:var(--platform)}.builds .mark{fill:var(--builds)}.tag .mark{fill:var(--tag)}.app .mark{fill:var(--app)}
.edge{fill:none;stroke:var(--edge);stroke-width:1.6}.edge.once{stroke-dasharray:5 4;opacity:.75}
marker path{fill:var(--edge)}marker.once path{opacity:.75}
`.trim();
