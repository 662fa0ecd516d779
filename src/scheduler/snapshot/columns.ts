/** Columns of the node table: one typed array an attribute, indexed by the node's row. */

const MIN_ROWS = 64;

/** How many rows the columns should hold when `needed` are wanted: doubling, so that growing stays rare. */
export function roomFor(needed: number, present: number): number {
  let room = Math.max(MIN_ROWS, present);
  while (room < needed) room *= 2;
  return room;
}

export function grownFloats(column: Float64Array, room: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(room);
  grown.set(column);
  return grown;
}

export function grownInts(column: Int32Array, room: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(room);
  grown.set(column);
  return grown;
}

export function grownBytes(column: Uint8Array, room: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(room);
  grown.set(column);
  return grown;
}

/** Numbers for texts, from 1 on in order of arrival; 0 stands for "none". */
export class Interner {
  #ids = new Map<string, number>();
  readonly texts: (string | undefined)[] = [undefined];

  get size(): number {
    return this.#ids.size;
  }

  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.length;
    this.#ids.set(text, id);
    this.texts.push(text);
    return id;
  }

  clear(): void {
    this.#ids.clear();
    this.texts.length = 1;
  }
}
