/** Each nagi command that a document or a command's help shows is one that nagi understands: its name, its word, its options. */

import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { catalogue } from "../../src/cli/catalogue.ts";
import { globalOptions } from "../../src/cli/help.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { loadAll } from "../../src/cli/run-cli.ts";
import { platformCommands } from "../../src/main/platform-commands.ts";
import { root } from "../harness/platform.ts";

const entries = [...platformCommands, ...catalogue];
const commands = await loadAll(entries);

/** As a shell would up to the first pipe, redirection or remark; what a shell puts in is left as it is. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, plain, end] of line.matchAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:\$\([^)]*\)|[^\s"'|<>&;#]|(?<=\S)#)+)|([|<>&;#])/g,
  )) {
    if (end !== undefined) break;
    words.push(double ?? single ?? plain ?? "");
  }
  return words;
}

function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^(?: {4})?(?:\$ )?(?:sudo )?nagi (\S.*)$/gm)].map(([, line = ""]) => line);
}

/** What is wrong with it; undefined when nothing is. */
function faultOf(line: string): string | undefined {
  const [word = "", ...rest] = wordsOf(line);
  if (word.startsWith("-")) return undefined;
  const [family = "", ...action] = word.split(":");
  const direct = entries.findIndex(({ name, aliases }) => name === word || aliases?.includes(word) === true);
  const index = direct < 0 && action.length > 0 ? entries.findIndex(({ name }) => name === family) : direct;
  const command = commands[index];
  if (command === undefined) return `nagi has no command ${word}`;
  const argv = index === direct ? rest : [action.join(":"), ...rest];
  try {
    const options = [...(command.options ?? []), ...globalOptions];
    const { args } = parseArguments({ spec: command, options, argv, env: {} });
    const [first] = args;
    const known = command.subcommands ?? [];
    // Some take an argument in the word's place, and their usage says so.
    if (first === undefined || known.length === 0 || known.includes(first)) return undefined;
    return command.usage?.startsWith("[[") === true || /^\[?[A-Z]/.test(command.usage ?? "")
      ? undefined
      : `nagi ${command.name} has no ${first}: ${known.join(", ")}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const pages = globSync(["README.md", "docs/*.md", "docs/guide/*.md"], { cwd: root });

test("the documents show only commands that there are", () => {
  const shown = pages.flatMap((page) => commandsOf(page).map((line) => ({ page, line })));
  expect(shown.length).toBeGreaterThan(300);
  const faults = shown.flatMap(({ page, line }) => {
    const fault = faultOf(line);
    return fault === undefined ? [] : [`${page}: nagi ${line}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test("the help shows only commands that there are", () => {
  const faults = commands.flatMap(({ name, examples = [] }) =>
    examples.flatMap((example) => {
      const [, line] = /^nagi (.*)$/.exec(example) ?? [];
      const fault = line === undefined ? undefined : faultOf(line);
      return fault === undefined ? [] : [`nagi help ${name}: ${example}: ${fault}`];
    }),
  );
  expect(faults).toEqual([]);
});

test("a command that is not there is found", () => {
  expect(faultOf("scales web=1")).toBe("nagi has no command scales");
  expect(faultOf("scale web=1 --sideways")).toContain("--sideways");
  expect(faultOf("webhooks dance")).toContain("dance");
  expect(faultOf("config:get NAME --app 'a b' | head # all")).toBeUndefined();
});

test("each page that has an example to paste has a test that runs it", () => {
  const tests = globSync("test/e2e/*.test.ts", { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const withExample = globSync("docs/guide/*.md", { cwd: root }).filter((page) =>
    /^```sh$/m.test(readFileSync(join(root, page), "utf8")),
  );
  expect(withExample.length).toBeGreaterThan(30);
  expect(withExample.filter((page) => !tests.some((text) => text.includes(`"${basename(page)}"`)))).toEqual(
    [],
  );
});
