/**
 * How far the log of each container has been kept: the time of its last line, and how many lines of that very time were
 * kept. The cursors are read from what is kept itself, so that a line is never kept twice, whenever Nagi was killed.
 */

import type { LogLine } from "../../model/log-line.ts";

export interface Cursor {
  readonly time: string;
  readonly count: number;
}

/** Sources that are remembered; the ones that have been silent for longest are forgotten. */
const cursorsMax = 1000;
const mark = "#cursors ";

export class Cursors {
  readonly #bySource = new Map<string, Cursor>();

  get(source: string): Cursor | undefined {
    return this.#bySource.get(source);
  }

  note({ source, time }: LogLine): void {
    const known = this.#bySource.get(source);
    this.#bySource.delete(source);
    this.#bySource.set(source, known?.time === time ? { time, count: known.count + 1 } : { time, count: 1 });
    if (this.#bySource.size <= cursorsMax) return;
    for (const oldest of this.#bySource.keys()) return void this.#bySource.delete(oldest);
  }

  /** The first line of a file that goes on from here. */
  headLine(): string {
    const entries = [...this.#bySource].map(([source, { time, count }]) => [source, time, count]);
    return `${mark}${JSON.stringify(entries)}\n`;
  }

  /** Takes over such a line; says whether it was one. */
  readHead(line: string): boolean {
    if (!line.startsWith(mark)) return false;
    for (const [source, time, count] of JSON.parse(line.slice(mark.length)) as [string, string, number][])
      this.#bySource.set(source, { time, count });
    return true;
  }
}

/** Leaves out what has been kept of a log that is read again from the cursor's time on. */
export class Resumed {
  readonly #from: Cursor | undefined;
  #passed = 0;

  constructor(from: Cursor | undefined) {
    this.#from = from;
  }

  isNew(time: string): boolean {
    if (this.#from === undefined || time > this.#from.time) return true;
    if (time < this.#from.time) return false;
    this.#passed += 1;
    return this.#passed > this.#from.count;
  }
}
