/**
 * A picture of a cluster: nodes grouped by zone, pods in them as high as what they ask for, coloured by app; beside
 * them the pods that wait, below the legend. It adapts to light and dark, and stands alone: no script, no font.
 */

import { readPod } from "../../snapshot/pod-info.ts";
import type { Simulation } from "../simulate.ts";
import type { NodeUsage } from "../usage.ts";
import { coloursOf, otherColour, type Colours } from "./apps.ts";
import { element, label, rectangle } from "./elements.ts";
import { nodeBox, podBlock, type DrawnNode, type NodeStyle } from "./node-box.ts";

const maxNodes = 1500;
const maxPending = 200;
const pictureWidth = 1200;
const margin = 20;
const pendingWidth = 150;
const zoneHead = 26;
const gap = 8;
const pendingRow = 17;
const minZoneWidth = 130;

export interface Picture {
  /** Above it; empty for none. */
  readonly title: string;
  readonly simulation: Simulation;
}

export function clusterSvg(pictures: readonly Picture[]): string {
  // Of the first: the others show the same pods in other places.
  const colours = coloursOf(pictures.slice(0, 1).flatMap(({ simulation }) => podsOf(simulation)));
  let y = margin;
  const parts: string[] = [];
  for (const picture of pictures) {
    const drawn = drawCluster(picture, y, colours);
    parts.push(drawn.text);
    y = drawn.bottom + 2 * gap;
  }
  const legend = drawLegend(colours, y, pictures);
  parts.push(legend.text);
  const height = legend.bottom + margin;
  const size = { width: pictureWidth, height, viewBox: `0 0 ${pictureWidth} ${Math.ceil(height)}` };
  const paper = rectangle({ x: 0, y: 0, width: pictureWidth, height }, { class: "paper" });
  const content = `<style>${style}</style>${paper}${parts.join("\n")}`;
  return `${element("svg", { xmlns: "http://www.w3.org/2000/svg", ...size }, content)}\n`;
}

const style = [
  "svg{--paper:#ffffff;--zone:#f4f5f7;--node:#ffffff;--edge:#c3c8d1;--free:#e9ebef;--ink:#20242c;--faint:#69707d;--mark:#111318}",
  "@media (prefers-color-scheme:dark){svg{--paper:#14161a;--zone:#1c1f25;--node:#262a32;--edge:#454b57;--free:#343944;--ink:#e8eaee;--faint:#9aa1ae;--mark:#ffffff}}",
  "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}",
  ".paper{fill:var(--paper)}.zone{fill:var(--zone)}.free{fill:var(--free)}",
  ".node{fill:var(--node);stroke:var(--edge);stroke-width:1}.new{stroke:var(--mark);stroke-width:1.5;stroke-dasharray:5 3}",
  ".cordoned{stroke-dasharray:2 3}.placed{fill:var(--mark)}",
  ".title{font-size:17px;font-weight:600}.heading{font-size:13px;font-weight:600}.name{font-size:11px}",
  ".share,.small{font-size:10px;fill:var(--faint)}.app{font-size:9px;fill:#ffffff}.dark{fill:#1b1d22}.legend{font-size:12px}",
].join("");

function podsOf({ cluster, pending }: Simulation) {
  const pods = pending.map(({ pod }) => pod);
  for (let row = 0; row < cluster.rows; row++)
    for (const { info } of cluster.podsOn(row)) pods.push(info.object);
  return pods;
}

interface Drawn {
  readonly text: string;
  readonly bottom: number;
}

/** The more nodes, the smaller each. */
function styleFor(count: number): NodeStyle {
  if (count <= 12) return { width: 150, height: 196, head: 20, foot: 17 };
  if (count <= 30) return { width: 116, height: 150, head: 20, foot: 17 };
  if (count <= 120) return { width: 72, height: 92, head: 17, foot: 0 };
  if (count <= 500) return { width: 34, height: 46, head: 0, foot: 0 };
  return { width: 20, height: 28, head: 0, foot: 0 };
}

function drawCluster({ title, simulation }: Picture, top: number, colours: Colours): Drawn {
  const { after, pending, placements, before, cluster } = simulation;
  const parts: string[] = [];
  let y = top;
  if (title !== "") {
    parts.push(label({ x: margin, y: y + 16, text: title }, { class: "title" }));
    y += 30;
  }
  const right = pending.length === 0 ? pictureWidth - margin : pictureWidth - margin - pendingWidth - 2 * gap;
  const placed = new Set(placements.map(({ pod }) => readPod(pod).uid));
  const known = new Set(before.nodes.map(({ name }) => name));
  const drawn = after.nodes.slice(0, maxNodes);
  const draw = (usage: NodeUsage): DrawnNode => ({
    usage,
    pods: sortedPods(simulation, cluster.rowOf(usage.name) ?? -1, colours),
    isPlaced: (uid) => placed.has(uid),
    isNew: !known.has(usage.name),
  });
  const start = y;
  let x = margin;
  let bottom = y;
  for (const [zone, nodes] of Map.groupBy(drawn, (node) => node.zone ?? "")) {
    const look = styleFor(drawn.length);
    const width = Math.min(right - margin, zoneWidth(nodes.length, look));
    // Zones of few nodes stand side by side.
    if (x > margin && x + width > right) {
      x = margin;
      y = bottom + gap;
    }
    const panel = drawZone({ zone, nodes: nodes.map(draw) }, { x, y, width, style: look }, colours);
    parts.push(panel.text);
    x += width + gap;
    bottom = Math.max(bottom, panel.bottom);
  }
  y = bottom + gap;
  if (after.nodes.length > drawn.length) {
    const text = `and ${after.nodes.length - drawn.length} more nodes`;
    parts.push(label({ x: margin, y: y + 12, text }, { class: "small" }));
    y += 20;
  }
  if (pending.length === 0) return { text: parts.join(""), bottom: y };
  const beside = drawPending(simulation, { x: right + 2 * gap, y: start, bottom: y - gap }, colours);
  return { text: parts.join("") + beside.text, bottom: Math.max(y, beside.bottom + gap) };
}

/** Pods of one app together, the largest app at the bottom. */
function sortedPods({ cluster }: Simulation, row: number, colours: Colours) {
  const order = new Map(colours.listed.map(({ colour }, index) => [colour, index]));
  const rank = (colour: string): number => order.get(colour) ?? order.size;
  return [...cluster.podsOn(row)]
    .map(({ info }) => info)
    .sort((a, b) => rank(colours.of(a.object)) - rank(colours.of(b.object)) || (a.key < b.key ? -1 : 1));
}

interface ZonePlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly style: NodeStyle;
}

function spaceOf({ width }: NodeStyle): number {
  return width > 40 ? gap : 4;
}

/** With all nodes in one row, and room for the heading. */
function zoneWidth(nodes: number, look: NodeStyle): number {
  return Math.max(minZoneWidth, 2 * gap + nodes * (look.width + spaceOf(look)) - spaceOf(look));
}

function drawZone(
  { zone, nodes }: { zone: string; nodes: readonly DrawnNode[] },
  { x: left, y, width, style: look }: ZonePlace,
  colours: Colours,
): Drawn {
  const space = spaceOf(look);
  const perRow = Math.max(1, Math.floor((width - 2 * gap + space) / (look.width + space)));
  const rows = Math.ceil(nodes.length / perRow);
  const height = zoneHead + rows * (look.height + space) + gap - space + 2;
  const count = `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`;
  const heading = zone === "" ? count : `${zone} · ${count}`;
  const parts = [
    rectangle({ x: left, y, width, height }, { class: "zone", rx: 8 }),
    label({ x: left + gap + 2, y: y + 17, text: heading }, { class: "heading" }),
  ];
  for (const [index, node] of nodes.entries()) {
    const x = left + gap + (index % perRow) * (look.width + space);
    const at = { x, y: y + zoneHead + Math.floor(index / perRow) * (look.height + space) };
    parts.push(nodeBox(node, at, look, colours));
  }
  return { text: parts.join(""), bottom: y + height };
}

function drawPending(
  { pending }: Simulation,
  { x, y, bottom }: { x: number; y: number; bottom: number },
  colours: Colours,
): Drawn {
  const shown = pending.slice(0, maxPending);
  const room = Math.max(bottom - y, 120) - zoneHead - gap;
  const each = Math.max(4, Math.min(pendingRow, room / shown.length));
  const height = Math.max(bottom - y, zoneHead + shown.length * each + gap);
  const parts = [
    rectangle({ x, y, width: pendingWidth, height }, { class: "zone", rx: 8 }),
    label({ x: x + gap, y: y + 17, text: `pending · ${pending.length}` }, { class: "heading" }),
  ];
  for (const [index, { pod }] of shown.entries()) {
    const box = {
      x: x + gap,
      y: y + zoneHead + index * each,
      width: pendingWidth - 2 * gap,
      height: each - 1,
    };
    parts.push(podBlock(readPod(pod), box, { colour: colours.of(pod), isPlaced: false }));
  }
  return { text: parts.join(""), bottom: y + height };
}

interface LegendItem {
  readonly text: string;
  readonly colour?: string | undefined;
  readonly look: string;
}

function drawLegend(colours: Colours, top: number, pictures: readonly Picture[]): Drawn {
  const items: LegendItem[] = colours.listed.map(({ app, colour, pods }) => ({
    text: `${app} (${pods})`,
    colour,
    look: "pod",
  }));
  const { others } = colours;
  if (others.apps > 0)
    items.push({ text: `${others.apps} other apps (${others.pods})`, colour: otherColour, look: "pod" });
  items.push({ text: "free", look: "free" });
  const anyPlaced = pictures.some(({ simulation }) => simulation.placements.length > 0);
  if (anyPlaced) items.push({ text: "placed by the simulation", look: "placed" });
  let x = margin;
  let y = top + 12;
  const parts: string[] = [];
  for (const { text, colour, look } of items) {
    const width = 24 + text.length * 7;
    if (x + width > pictureWidth - margin) {
      x = margin;
      y += 22;
    }
    parts.push(
      rectangle(
        { x, y: y - 10, width: look === "placed" ? 4 : 13, height: 13 },
        { class: look, fill: colour, rx: 2 },
      ),
    );
    parts.push(label({ x: x + 18, y: y + 1, text }, { class: "legend" }));
    x += width + 8;
  }
  return { text: parts.join(""), bottom: y + 6 };
}
