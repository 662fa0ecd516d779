/**
 * `npm run generate`: writes docs/reference, and src/model/registry.ts from the folders of the kinds. A kind is the folder
 * `src/model/kinds/<group>/<kind>/` with the file `<kind>.ts`, which exports one constant made by `defineKind`.
 */

import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { commandsReference, kindsReference } from "./generate-reference.ts";

const modelDir = resolve(fileURLToPath(import.meta.url), "../../src/model");
const exported = /^export const (\w+) = defineKind</m;

interface Found {
  readonly name: string;
  readonly path: string;
}

async function foldersOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

async function findKinds(): Promise<Found[]> {
  const found: Found[] = [];
  for (const group of await foldersOf(join(modelDir, "kinds"))) {
    for (const kind of await foldersOf(join(modelDir, "kinds", group))) {
      const path = `kinds/${group}/${kind}/${kind}.ts`;
      const name = exported.exec(await readFile(join(modelDir, path), "utf8"))?.[1];
      if (name === undefined)
        throw new Error(`cannot find a kind in ${path}: no constant made by defineKind`);
      found.push({ name, path: `./${path}` });
    }
  }
  return found;
}

/** The text that src/model/registry.ts should have. */
export async function registryText(): Promise<string> {
  const found = await findKinds();
  return [
    "/** All kinds. Written by `npm run generate` from the folders of kinds/; do not edit. */",
    "",
    'import type { Kind } from "./kind.ts";',
    ...found.map(({ name, path }) => `import { ${name} } from "${path}";`),
    "",
    "export const allKinds: readonly Kind[] = [",
    ...found.map(({ name }) => `  ${name},`),
    "];",
    "",
  ].join("\n");
}

/** What is generated: paths from the repository's root, with the text that they should have. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["src/model/registry.ts", await registryText()],
    ["docs/reference/commands.md", await commandsReference()],
    ["docs/reference/kinds.md", kindsReference()],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, text] of await generatedFiles()) {
    await writeFile(resolve(modelDir, "../..", path), text);
    console.log(`wrote ${path}`);
  }
