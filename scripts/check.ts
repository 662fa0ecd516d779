/**
 * `npm run check [NAME ...]`: types, lint, format, layers, unused code. All of them run, or those named; the exit
 * code says whether all passed.
 */

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { delimiter, resolve } from "node:path";

const checks: readonly (readonly [name: string, command: string])[] = [
  ["types", "tsc --noEmit"],
  ["lint", "oxlint --quiet"],
  ["format", "oxfmt --check ."],
  ["layers", "depcruise src --config .dependency-cruiser.cjs --output-type err"],
  ["unused", "knip --no-progress"],
];

async function run(name: string, command: string): Promise<boolean> {
  const startMs = performance.now();
  const path = `${resolve("node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH: path };
  const child = spawn(command, { shell: true, stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output);
  return code === 0;
}

const wanted = process.argv.slice(2);
const queue = checks.filter(([name]) => wanted.length === 0 || wanted.includes(name));
const results: boolean[] = [];
const worker = async (): Promise<void> => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await run(...next));
};
await Promise.all(Array.from({ length: Math.min(availableParallelism(), checks.length) }, worker));
process.exitCode = results.every(Boolean) ? 0 : 1;
