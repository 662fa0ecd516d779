/** One node: its name, and two columns, cpu and memory, in which every pod stands as high as what it asks for. */

import type { PodInfo } from "../../snapshot/pod-info.ts";
import { share, type NodeUsage } from "../usage.ts";
import type { Colours } from "./apps.ts";
import { appOfPod } from "./apps.ts";
import { element, escaped, fitted, label, rectangle, type Box } from "./elements.ts";

export interface NodeStyle {
  readonly width: number;
  readonly height: number;
  /** Room for the name above and the shares below; 0 leaves them out. */
  readonly head: number;
  readonly foot: number;
}

export interface DrawnNode {
  readonly usage: NodeUsage;
  readonly pods: readonly PodInfo[];
  /** Which of them were placed in this simulation. */
  readonly isPlaced: (uid: string) => boolean;
  readonly isNew: boolean;
}

const padding = 4;
const labelSize = 9;

export function nodeBox(
  node: DrawnNode,
  at: { x: number; y: number },
  style: NodeStyle,
  colours: Colours,
): string {
  const { usage, isNew } = node;
  const { width, height, head, foot } = style;
  const border = isNew ? "node new" : usage.unschedulable ? "node cordoned" : "node";
  const parts = [
    rectangle({ ...at, width, height }, { class: border, rx: 5 }, `<title>${titleOf(usage)}</title>`),
  ];
  if (head > 0) {
    const mark = usage.unschedulable ? " (cordoned)" : isNew ? " (new)" : "";
    const name = fitted(usage.name + mark, width - 2 * padding, 11);
    parts.push(label({ x: at.x + padding + 2, y: at.y + head - 6, text: name }, { class: "name" }));
  }
  const inner = width - 2 * padding;
  const gap = Math.max(1, inner * 0.03);
  const column = (inner - gap) / 2;
  for (const [index, resource] of (["cpu", "memory"] as const).entries()) {
    const box = {
      x: at.x + padding + index * (column + gap),
      y: at.y + head + (head > 0 ? 0 : padding),
      width: column,
      height: height - head - foot - (head > 0 ? 0 : padding) - (foot > 0 ? 0 : padding),
    };
    parts.push(stack(node, resource, box, colours));
    if (foot > 0) {
      const text = `${resource === "cpu" ? "cpu" : "mem"} ${Math.round(100 * shareOf(usage, resource))}%`;
      const x = box.x + column / 2;
      parts.push(label({ x, y: at.y + height - 5, text }, { class: "share", "text-anchor": "middle" }));
    }
  }
  return element("g", {}, parts.join(""));
}

function titleOf(usage: NodeUsage): string {
  const { cpu, memory } = { cpu: shareOf(usage, "cpu"), memory: shareOf(usage, "memory") };
  const pods = `${usage.requested.pods} pods`;
  return escaped(
    `${usage.name}: ${pods}, cpu ${Math.round(cpu * 100)}%, memory ${Math.round(memory * 100)}%`,
  );
}

function shareOf({ requested, offered }: NodeUsage, resource: "cpu" | "memory"): number {
  return resource === "cpu"
    ? share(requested.milliCpu, offered.milliCpu)
    : share(requested.memoryBytes, offered.memoryBytes);
}

/** From the bottom up; what is above is free. A node that is more than full is drawn full, and its number says it. */
function stack(node: DrawnNode, resource: "cpu" | "memory", box: Box, colours: Colours): string {
  const { usage, pods, isPlaced } = node;
  const offered = resource === "cpu" ? usage.offered.milliCpu : usage.offered.memoryBytes;
  const scale = box.height / Math.max(1, shareOf(usage, resource));
  const parts = [rectangle(box, { class: "free", rx: 2 })];
  let bottom = box.y + box.height;
  for (const info of pods) {
    const asked = resource === "cpu" ? info.requests.milliCpu : info.requests.memoryBytes;
    const height = share(asked, offered) * scale;
    if (height < 0.2) continue;
    bottom -= height;
    const block = { x: box.x, y: bottom, width: box.width, height };
    parts.push(podBlock(info, block, { colour: colours.of(info.object), isPlaced: isPlaced(info.uid) }));
  }
  return parts.join("");
}

export interface BlockLook {
  readonly colour: string;
  readonly isPlaced: boolean;
}

export function podBlock(info: PodInfo, box: Box, { colour, isPlaced }: BlockLook): string {
  // A hair of background between neighbours, where there is room for it.
  const inset = box.height > 3 ? 0.5 : 0;
  const inside = { x: box.x, y: box.y + inset, width: box.width, height: box.height - 2 * inset };
  const rx = box.height > 6 ? 2 : 0;
  const parts = [rectangle(inside, { fill: colour, rx }, `<title>${escaped(info.key)}</title>`)];
  const mark = isPlaced ? Math.min(3, box.width * 0.15) : 0;
  // Whole, so that the marks of neighbours join.
  if (isPlaced) parts.push(rectangle({ ...box, width: mark }, { class: "placed" }));
  if (box.height >= labelSize + 3) {
    const text = fitted(appOfPod(info.object), box.width - mark - 6, labelSize);
    const y = box.y + box.height / 2 + labelSize * 0.36;
    const tone = isLight(colour) ? "app dark" : "app";
    if (text !== "") parts.push(label({ x: box.x + mark + 3, y, text }, { class: tone }));
  }
  return parts.join("");
}

/** Whether dark letters are easier to read on it. */
function isLight(colour: string): boolean {
  const part = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  return 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5) > 150;
}
