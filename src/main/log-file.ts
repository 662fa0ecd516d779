/** The platform's own log: a file that is turned over when it is full, so that it never fills the disk. */

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const fileBytesMax = 16 * 1024 ** 2;

/**
 * A function that appends a line to the file. One older file is kept beside it, as `FILE.1`. Lines that the disk does
 * not take are left out, and the log says how many when it goes on: a full disk must not end the platform.
 */
export function openLogFile(file: string): (line: string) => void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let descriptor = openSync(file, "a", 0o600);
  let size = fstatSync(descriptor).size;
  let lost = 0;
  const turnOver = (): void => {
    const next = openSync(`${file}.new`, "w", 0o600);
    renameSync(file, `${file}.1`);
    renameSync(`${file}.new`, file);
    closeSync(descriptor);
    descriptor = next;
    size = 0;
  };
  const append = (text: string): void => {
    const bytes = Buffer.from(text);
    const written = writeSync(descriptor, bytes);
    size += written;
    if (written < bytes.length) throw new Error("the disk took only a part");
  };
  return (line) => {
    try {
      if (size > fileBytesMax) turnOver();
      // On a line of its own: the disk may have taken a part of the one before.
      append(lost === 0 ? line : `\n${lostText(lost)}${line}`);
      lost = 0;
    } catch {
      // There is nowhere to say it until the disk takes lines again.
      lost += 1;
    }
  };
}

function lostText(lost: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level: "warn", message: "the disk did not take lines of the log", lost })}\n`;
}
