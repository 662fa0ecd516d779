/**
 * When the machine is short of something, in the words of kubelet's `--eviction-hard`. Pure.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 */

import { byteQuantity, byteValue } from "../../../model/quantity.ts";

/** What can run short: memory; the disk of the data directory; its files; the disk of images and containers. */
export const signals = [
  "memory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
] as const;
export type Signal = (typeof signals)[number];

export interface Threshold {
  readonly signal: Signal;
  /** As it was written: `100Mi` or `5%`. */
  readonly text: string;
}

/** Bytes, or files; `capacity` is what percentages are of. */
export interface Reading {
  readonly available: number;
  readonly capacity: number;
}

/** What cannot be read is left out, and never short. */
export type Readings = Readonly<Partial<Record<Signal, Reading>>>;

export interface Pressure {
  readonly memory: boolean;
  readonly disk: boolean;
}

export const noPressure: Pressure = { memory: false, disk: false };

export const defaultThresholds =
  "memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%";
/** For a machine on which nothing is to be evicted. */
export const noThresholds = "none";

/** Throws an error that names what is wrong and what is allowed. What is not named is never short. */
export function parseThresholds(text: string): readonly Threshold[] {
  if (text.trim() === noThresholds) return [];
  const found = new Map<Signal, Threshold>();
  for (const part of text.split(",")) {
    const [, name = "", amount = ""] = /^\s*([^<\s]+)\s*<\s*(\S+)\s*$/.exec(part) ?? [];
    const signal = signals.find((each) => each === name);
    if (signal === undefined)
      throw new Error(
        `${JSON.stringify(part)} is not SIGNAL<AMOUNT; the signals are ${signals.join(", ")}, or ${noThresholds} alone`,
      );
    if (!isAmount(amount))
      throw new Error(
        `the amount of ${signal} is ${JSON.stringify(amount)}: must be like 100Mi, or a percentage from 0% to 99%`,
      );
    if (found.has(signal)) throw new Error(`${signal} is given twice`);
    found.set(signal, { signal, text: amount });
  }
  return signals.flatMap((signal) => found.get(signal) ?? []);
}

function isAmount(text: string): boolean {
  return /^\d{1,2}(\.\d+)?%$/.test(text) || /^\d{1,15}([KMGTP]i?|k)?$/.test(text);
}

export function isMet({ signal, text }: Threshold, readings: Readings): boolean {
  const reading = readings[signal];
  if (reading === undefined || reading.capacity <= 0) return false;
  return reading.available < limitOf(text, reading);
}

function limitOf(text: string, { capacity }: Reading): number {
  return text.endsWith("%") ? (Number.parseFloat(text) / 100) * capacity : byteValue(text);
}

/** The resource that events and pods name. */
export function resourceOf(signal: Signal): "memory" | "ephemeral-storage" | "inodes" {
  if (signal === "memory.available") return "memory";
  return signal === "nodefs.inodesFree" ? "inodes" : "ephemeral-storage";
}

/** What is told of the node when it becomes short. */
export function reclaimTexts(met: readonly Threshold[]): string[] {
  return [...new Set(met.map(({ signal }) => `Attempting to reclaim ${resourceOf(signal)}`))];
}

export function amountText(signal: Signal, amount: number): string {
  return signal === "nodefs.inodesFree"
    ? String(amount)
    : byteQuantity(Math.round(Math.max(0, amount) / 1024) * 1024);
}

/** The quantity of a threshold as it is told: percentages as what they come to. */
export function quantityText({ signal, text }: Threshold, readings: Readings): string {
  const reading = readings[signal];
  if (!text.endsWith("%") || reading === undefined) return text;
  return amountText(signal, limitOf(text, reading));
}

/** Remembers when something was short last, so that conditions do not flap: they stay true for a while. */
export class PressureMemory {
  readonly #transitionMs: number;
  #memoryMs = Number.NEGATIVE_INFINITY;
  #diskMs = Number.NEGATIVE_INFINITY;

  constructor(transitionMs: number) {
    this.#transitionMs = transitionMs;
  }

  observe(met: readonly Threshold[], nowMs: number): Pressure {
    if (met.some(({ signal }) => signal === "memory.available")) this.#memoryMs = nowMs;
    if (met.some(({ signal }) => signal !== "memory.available")) this.#diskMs = nowMs;
    const lasts = (sinceMs: number): boolean => nowMs === sinceMs || nowMs - sinceMs < this.#transitionMs;
    return { memory: lasts(this.#memoryMs), disk: lasts(this.#diskMs) };
  }
}
