/**
 * The Procfile: one process type a line, `name: command`. Blank lines and lines that begin with # are skipped.
 */

import { processTypeMax } from "../../model/kinds/nagi/app-names.ts";

export const procfileLimits = { bytes: 64 * 1024, processes: 50, nameLength: processTypeMax } as const;

const processName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

export type ProcfileResult =
  | { readonly ok: true; readonly processes: Readonly<Record<string, string>> }
  /** Says the line, what is there, and what is allowed. */
  | { readonly ok: false; readonly message: string };

export function parseProcfile(text: string): ProcfileResult {
  if (Buffer.byteLength(text) > procfileLimits.bytes) {
    return { ok: false, message: `Procfile: larger than ${procfileLimits.bytes / 1024} KiB` };
  }
  const processes: Record<string, string> = {};
  const lineOf = new Map<string, number>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const problem = takeLine(line, index + 1, processes, lineOf);
    if (problem !== undefined) return { ok: false, message: `Procfile line ${index + 1}: ${problem}` };
  }
  if (lineOf.size === 0) {
    return { ok: false, message: "Procfile: names no process: write for instance `web: node server.js`" };
  }
  return { ok: true, processes };
}

function takeLine(
  line: string,
  number: number,
  processes: Record<string, string>,
  lineOf: Map<string, number>,
): string | undefined {
  const colon = line.indexOf(":");
  if (colon < 0) {
    return `${quote(line)} has no colon: write \`name: command\`, for instance \`web: node server.js\``;
  }
  const name = line.slice(0, colon).trim();
  const command = line.slice(colon + 1).trim();
  if (name.length > procfileLimits.nameLength || !processName.test(name)) {
    return `${quote(name)} cannot be the name of a process type: use up to ${procfileLimits.nameLength} lower case letters, digits and '-', with a letter or digit at both ends`;
  }
  if (command === "") return `process type ${quote(name)} has no command after the colon`;
  const earlier = lineOf.get(name);
  if (earlier !== undefined) return `process type ${quote(name)} is already on line ${earlier}`;
  if (lineOf.size >= procfileLimits.processes) return `more than ${procfileLimits.processes} process types`;
  lineOf.set(name, number);
  processes[name] = command;
  return undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
