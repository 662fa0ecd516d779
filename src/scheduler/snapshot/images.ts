/**
 * Which nodes have which container images. A column exists for each image that a pod has asked about, up to
 * MAX_COLUMNS; images beyond the limit are not known of, so that nothing is favoured for having them.
 */

import { grownFloats } from "./columns.ts";
import type { NodeObject } from "./objects.ts";

const MAX_COLUMNS = 512;

export interface ImageColumn {
  /** Per row: bytes of the image, 0 where it is not. */
  sizes: Float64Array;
  /** How many nodes have it. */
  count: number;
}

export class ImageTable {
  #room = 0;
  readonly #columns = new Map<string, ImageColumn>();

  grow(room: number): void {
    this.#room = room;
    for (const column of this.#columns.values()) column.sizes = grownFloats(column.sizes, room);
  }

  /** The column of the image, made from `nodes` when it is the first time; undefined beyond the limit. */
  column(image: string, nodes: readonly (NodeObject | undefined)[]): ImageColumn | undefined {
    const known = this.#columns.get(image);
    if (known !== undefined) return known;
    if (this.#columns.size >= MAX_COLUMNS) return undefined;
    const column: ImageColumn = { sizes: new Float64Array(this.#room), count: 0 };
    for (const [row, node] of nodes.entries()) setSize(column, row, sizesOf(node).get(image) ?? 0);
    this.#columns.set(image, column);
    return column;
  }

  /** Takes in what the node has; whether the number of nodes changed that have an image which was asked about. */
  set(row: number, node: NodeObject | undefined): boolean {
    if (this.#columns.size === 0) return false;
    const sizes = sizesOf(node);
    let changed = false;
    for (const [image, column] of this.#columns) {
      if (setSize(column, row, sizes.get(image) ?? 0)) changed = true;
    }
    return changed;
  }

  /** Whether any node has an image that was asked about. */
  get inUse(): boolean {
    for (const { count } of this.#columns.values()) if (count > 0) return true;
    return false;
  }
}

/** Whether that changes what the number of nodes is. */
function setSize(column: ImageColumn, row: number, size: number): boolean {
  const before = column.sizes[row] ?? 0;
  if (before === size) return false;
  column.sizes[row] = size;
  if (before > 0 && size > 0) return true;
  column.count += size > 0 ? 1 : -1;
  return true;
}

function sizesOf(node: NodeObject | undefined): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? []) {
    for (const name of names) if (!sizes.has(name)) sizes.set(name, sizeBytes);
  }
  return sizes;
}

/** As nodes list images: with a tag. */
export function fullImageName(name: string): string {
  return name.lastIndexOf(":") > name.lastIndexOf("/") ? name : `${name}:latest`;
}
