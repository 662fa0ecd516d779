/**
 * The engine's own words, made readable: one line a step with its number, `cached` where nothing was done, the
 * time where it was long, and the output of the steps below.
 */

import type { Clock, Timer } from "../../lib/clock.ts";
import type { Progress } from "../../lib/container-engine/engine-types.ts";
import { plainStep } from "./containerfile.ts";

/** A step's line waits this long for the word that it was cached. */
const headerDelayMs = 400;
/** Steps that took longer say how long. */
const shownMs = 1000;
const maxLineLength = 2000;
const tailLines = 300;

/** Podman and Docker say the same in different words. */
const stepLine = /^(?:\[\d+\/\d+\] )?STEP (\d+)\/(\d+) ?: (.*)$/i;
const cachedLine = /^-+> Using cache/;
const copying =
  /^(Getting image source signatures|Copying (blob|config) sha256:|Writing manifest to|Storing signatures)/;
const noise =
  /^(-+> [0-9a-f]{11,12}|-+> Running in|(\[\d+\/\d+\] )?COMMIT|Removing intermediate container|[0-9a-f]{64}$|Successfully (built|tagged)|time="[^"]*" level=warning)/;

/** Steps that only note something in the image: of no interest to whoever did not write them. */
const noteOfImage = /^(?:CMD|ENV|EXPOSE|LABEL|USER|WORKDIR)\s/;

export interface ProgressTextOptions {
  readonly clock: Clock;
  /** The steps are the user's own, so that all of them are shown. */
  readonly ownSteps: boolean;
  /** Whether steps write headings of the log themselves. */
  readonly headings?: boolean | undefined;
  /** What the user wrote instead of a step's text. */
  readonly written?: ReadonlyMap<string, string> | undefined;
}

/** What a step says to the platform alone. */
const toldLine = /^::nagi-release:: (\S+)$/;
const toldMaxLength = 256 * 1024;

export class ProgressText {
  readonly #headings: boolean;
  #told = "";
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  readonly #ownSteps: boolean;
  readonly #written: ReadonlyMap<string, string>;
  #hidden = false;
  #rest = "";
  #header: string | undefined;
  #timer: Timer | undefined;
  #stepStartMs: number | undefined;
  readonly #tail: string[] = [];
  #steps = 0;
  #cached = 0;

  constructor(
    write: (text: string) => void,
    { clock, ownSteps, headings = false, written = new Map() }: ProgressTextOptions,
  ) {
    this.#headings = headings;
    this.#written = written;
    this.#write = write;
    this.#clock = clock;
    this.#ownSteps = ownSteps;
  }

  take(progress: Progress): void {
    const { stream, status, id, progress: bar } = progress;
    if (stream !== undefined) this.#lines(stream);
    // Of a pull's many lines only the first of each layer: bars are for terminals.
    else if (status !== undefined && bar === undefined)
      this.#lines(`${id === undefined ? "" : `${id}: `}${status}\n`);
  }

  /** Last lines that the steps wrote. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** What steps said to the platform alone. */
  get told(): string {
    return this.#told;
  }

  /** How many steps there were. */
  get steps(): number {
    return this.#steps;
  }

  /** Of these, how many were not done again. */
  get cached(): number {
    return this.#cached;
  }

  /** After the last message. */
  end(): void {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    this.#flushHeader();
    this.#tellTime();
  }

  #lines(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = (lines.pop() ?? "").slice(0, maxLineLength);
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const step = stepLine.exec(line);
    if (step !== null) {
      this.#steps += 1;
      this.#flushHeader();
      this.#tellTime();
      const text = plainStep(this.#written.get(step[3] ?? "") ?? step[3] ?? "");
      this.#hidden = !this.#ownSteps && noteOfImage.test(text);
      if (!this.#hidden) this.#begin(`       [${step[1]}/${step[2]}] ${text}`);
      return;
    }
    if (cachedLine.test(line.trim())) {
      this.#cached += 1;
      this.#stepStartMs = undefined;
      if (this.#hidden) return;
      if (this.#header === undefined) this.#write("       (cached)\n");
      else this.#flushHeader("  (cached)");
      return;
    }
    const told = toldLine.exec(line)?.[1];
    if (told !== undefined && this.#headings) {
      this.#told = (this.#told + told).slice(0, toldMaxLength);
      return;
    }
    const text = line.trim();
    if (text === "" || noise.test(text) || copying.test(text)) return;
    this.#tail.push(line.slice(0, maxLineLength));
    if (this.#tail.length > tailLines) this.#tail.shift();
    this.#flushHeader();
    const own = this.#headings && /^(----->| {7}| !  )/.test(line);
    this.#write(`${own ? "" : "       "}${line.slice(0, maxLineLength)}\n`);
  }

  #begin(header: string): void {
    this.#header = header;
    this.#stepStartMs = this.#clock.now();
    this.#timer = this.#clock.after(headerDelayMs, () => this.#flushHeader());
  }

  #flushHeader(suffix = ""): void {
    this.#timer?.cancel();
    if (this.#header !== undefined) this.#write(`${this.#header}${suffix}\n`);
    this.#header = undefined;
  }

  #tellTime(): void {
    if (this.#stepStartMs === undefined) return;
    const tookMs = this.#clock.now() - this.#stepStartMs;
    this.#stepStartMs = undefined;
    if (tookMs >= shownMs) this.#write(`       (${seconds(tookMs)})\n`);
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
