/** Lines that wait for a receiver: bounded, the oldest are dropped, and it is counted how many. */

import type { LogLine } from "../../../model/log-line.ts";

export const bufferMaxLines = 10_000;
const bufferMaxBytes = 8 * 1024 * 1024;

export class LineBuffer {
  #lines: LogLine[] = [];
  #start = 0;
  #bytes = 0;
  /** Dropped and not told of. */
  #fresh = 0;
  #since: string | undefined;
  dropped = 0;

  get size(): number {
    return this.#lines.length - this.#start;
  }

  add(line: LogLine): void {
    this.#lines.push(line);
    this.#bytes += sizeOf(line);
    while (this.size > bufferMaxLines || (this.#bytes > bufferMaxBytes && this.size > 1)) this.#drop();
  }

  /** The first ones, which stay until `remove`. */
  peek(max: number): readonly LogLine[] {
    return this.#lines.slice(this.#start, this.#start + max);
  }

  /** Those of `lines` that have not been dropped meanwhile. */
  remove(lines: readonly LogLine[]): void {
    for (const line of lines) if (this.#lines[this.#start] === line) this.#shift();
  }

  /** What was dropped and not told of: how many, and from which time on. */
  get untold(): { readonly count: number; readonly since: string } | undefined {
    return this.#since === undefined ? undefined : { count: this.#fresh, since: this.#since };
  }

  /** So many of them have been told of. */
  told(count: number): void {
    this.#fresh -= count;
    if (this.#fresh === 0) this.#since = undefined;
  }

  #drop(): void {
    this.#since ??= this.#lines[this.#start]?.time;
    this.dropped += 1;
    this.#fresh += 1;
    this.#shift();
  }

  #shift(): void {
    const line = this.#lines[this.#start];
    if (line === undefined) return;
    this.#bytes -= sizeOf(line);
    this.#start += 1;
    // What is behind is let go now and then, not at every line.
    if (this.#start < 1024 && this.#start < this.#lines.length) return;
    this.#lines = this.#lines.slice(this.#start);
    this.#start = 0;
  }
}

function sizeOf({ text, source, time }: LogLine): number {
  return text.length + source.length + time.length;
}
