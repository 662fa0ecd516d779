/** What docs/guide/scheduling.md shows of commands on its example cluster is what they print. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Host } from "../../src/cli/command.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { createTerminal } from "../../src/cli/terminal.ts";

const guide = fileURLToPath(new URL("../../docs/guide/scheduling.md", import.meta.url));
const cwd = join(guide, "../examples");

const host: Host = {
  cwd,
  env: {},
  home: cwd,
  version: "0",
  program: "nagi",
  dataDir: () => cwd,
  schedulerPlugins: () => Promise.resolve([]),
  capture: () => Promise.resolve(undefined),
};

interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Indented blocks whose first line is a command on the example cluster. */
function shownIn(text: string): Shown[] {
  const blocks = text
    .split(/\n(?! {4}|\n)/)
    .map((block) => block.split("\n").filter((line) => / {4}|^$/.test(line)));
  return blocks.flatMap((lines) => {
    const block = lines
      .map((line) => line.slice(4))
      .join("\n")
      .trim();
    const [first = "", ...output] = block.split("\n");
    if (!/^\$ nagi (why|simulate) .*cluster[.]yaml/.test(first)) return [];
    return [{ command: first.slice("$ nagi ".length), output: output.join("\n").trim() }];
  });
}

async function outputOf(command: string): Promise<string> {
  let text = "";
  const stream = { columns: 100, write: (chunk: string | Uint8Array) => ((text += chunk.toString()), true) };
  const quiet = { write: () => true };
  const terminal = createTerminal({ out: stream, err: quiet, input: (async function* () {})(), env: {} });
  const { signal } = new AbortController();
  const code = await runCli({ argv: command.split(" "), host, terminal, signal, extra: [] });
  expect(code).toBe(0);
  return text;
}

const withoutTime = (text: string): string => text.replaceAll(/ at \d{4}-\S+Z/g, " at (then)").trim();

const shown = shownIn(await readFile(guide, "utf8"));

test("the guide shows commands", () => {
  expect(shown.length).toBeGreaterThan(3);
});

test.each(shown)("$command", async ({ command, output }) => {
  expect(withoutTime(await outputOf(command))).toBe(withoutTime(output));
});
