/**
 * `npm run generate`: writes docs/reference, and src/model/registry.ts from the folders of the kinds. A kind is the folder
 * `src/model/kinds/<group>/<kind>/` with the file `<kind>.ts`, which exports one constant made by `defineKind`.
 */

import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ownModelDir = resolve(fileURLToPath(import.meta.url), "../../src/model");
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

async function findKinds(modelDir: string): Promise<Found[]> {
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
export async function registryText(modelDir = ownModelDir): Promise<string> {
  const found = await findKinds(modelDir);
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

const registryPath = "src/model/registry.ts";

/** What is generated: paths from the repository's root, with the text that they should have. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  // Only now, as the references are made from the registry, which may just have been written.
  const { commandsReference, kindsReference } = await import("./generate-reference.ts");
  return new Map([
    [registryPath, await registryText()],
    ["docs/reference/commands.md", await commandsReference()],
    ["docs/reference/kinds.md", kindsReference()],
  ]);
}

async function writeGenerated(): Promise<void> {
  const root = resolve(ownModelDir, "../..");
  await writeFile(join(root, registryPath), await registryText());
  for (const [path, text] of await generatedFiles()) {
    await writeFile(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeGenerated();
