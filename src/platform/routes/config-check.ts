/**
 * Asks HAProxy whether it would take a configuration, before it is told to: one that it refuses would leave it as it was, for
 * all routes. Its complaints name lines, and so the backend that they are of.
 */

import { execFile } from "node:child_process";

const timeoutMs = 10_000;
const outputMaxBytes = 1024 * 1024;
const messageMaxLength = 300;
const complaint = /^\[ALERT\].*? config : parsing \[[^\]:]*:(\d+)\]\s*:\s*(.*)$/;

/** What it says; "" when it takes it. */
export function refusalOf(binary: string, dir: string, file: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: dir, env: { PATH: path }, timeout: timeoutMs, maxBuffer: outputMaxBytes };
    execFile(binary, ["-c", "-f", file], options, (error, stdout, stderr) => {
      resolve(error === null ? "" : `${stdout}${stderr}` || error.message);
    });
  });
}

/** What is wrong with certificates that it cannot take, by their file. Pure. */
export function refusedFiles(refusal: string, files: Iterable<string>): ReadonlyMap<string, string> {
  const complaints = refusal.split("\n").filter((line) => line.startsWith("[ALERT]"));
  const found = [...files].flatMap((file) => {
    const line = complaints.find((each) => each.includes(file));
    return line === undefined
      ? []
      : [[file, (complaint.exec(line)?.[2] ?? line).slice(0, messageMaxLength)] as const];
  });
  return new Map(found);
}

/** Id of a backend to what is wrong with it, for complaints of backends' own lines. Pure. */
export function complainedOf(config: string, refusal: string): ReadonlyMap<string, string> {
  const lines = config.split("\n");
  const found = new Map<string, string>();
  for (const line of refusal.split("\n")) {
    const [, number, message = ""] = complaint.exec(line) ?? [];
    if (number === undefined) continue;
    const head = lines.slice(0, Number(number)).findLast((each) => /^\S/.test(each));
    const id = /^backend (r\d+)$/.exec(head ?? "")?.[1];
    if (id !== undefined && !found.has(id)) found.set(id, message.slice(0, messageMaxLength));
  }
  return found;
}
