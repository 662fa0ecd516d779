/** The platform's own log: a file that is turned over when it is full, so that it never fills the disk. */

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const fileBytesMax = 16 * 1024 ** 2;

/** A function that appends a line to the file. One older file is kept beside it, as `FILE.1`. */
export function openLogFile(file: string): (line: string) => void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let descriptor = openSync(file, "a", 0o600);
  let size = fstatSync(descriptor).size;
  return (line) => {
    if (size > fileBytesMax) {
      closeSync(descriptor);
      renameSync(file, `${file}.1`);
      descriptor = openSync(file, "a", 0o600);
      size = 0;
    }
    size += writeSync(descriptor, line);
  };
}
