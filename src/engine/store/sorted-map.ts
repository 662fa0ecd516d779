/**
 * A map that is listed in the order of its keys. Values sit in chunks of bounded size, so that an insertion
 * moves a few hundred pointers and a listing is one concatenation.
 */

const chunkMaxSize = 512;

interface Chunk<V> {
  keys: string[];
  values: V[];
}

export class SortedMap<V> {
  readonly #byKey = new Map<string, V>();
  readonly #chunks: Chunk<V>[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, value: V): void {
    const isNew = !this.#byKey.has(key);
    this.#byKey.set(key, value);
    if (this.#chunks.length === 0) this.#chunks.push({ keys: [], values: [] });
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk.keys, key);
    if (!isNew) {
      chunk.values[index] = value;
      return;
    }
    chunk.keys.splice(index, 0, key);
    chunk.values.splice(index, 0, value);
    if (chunk.keys.length > chunkMaxSize) this.#split(at, chunk, index);
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk.keys, key);
    chunk.keys.splice(index, 1);
    chunk.values.splice(index, 1);
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
  }

  /** In the order of the keys; a fresh array. */
  values(): V[] {
    return this.#chunks.flatMap((chunk) => chunk.values);
  }

  /** The last chunk whose first key is not above `key`. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = this.#chunks[middle]?.keys[0];
      if (first !== undefined && first <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Halves a full chunk; keys that only ever grow leave full chunks behind instead. */
  #split(at: number, chunk: Chunk<V>, inserted: number): void {
    const cut = inserted === chunk.keys.length - 1 ? inserted : chunk.keys.length >> 1;
    const keys = chunk.keys.splice(cut);
    const values = chunk.values.splice(cut);
    this.#chunks.splice(at + 1, 0, { keys, values });
  }
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = keys[middle];
    if (candidate !== undefined && candidate < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
