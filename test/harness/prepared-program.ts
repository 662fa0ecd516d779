/** Before the end-to-end tests: the program as the sources are now, which their commands use without looking at each source. */

import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { knownVariable, preparedDir, preparedProgram, root } from "../../src/main/prepared.ts";

export function setup(): void {
  delete process.env[knownVariable];
  const made = spawnSync(process.execPath, ["scripts/prepare.ts"], { cwd: root, encoding: "utf8" });
  const program = preparedProgram();
  if (program === undefined) throw new Error(`scripts/prepare.ts made no program: ${made.stderr}`);
  process.env[knownVariable] = relative(preparedDir(root), fileURLToPath(program));
}
