/**
 * A recipe: a directory that says how a base image is made. `platform.yaml` names what it stands on and what
 * goes in, `Containerfile` and the other files are the build's context.
 */

import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { parse } from "yaml";

export interface Recipe {
  readonly name: string;
  readonly directory: string;
  readonly description: string;
  /** Name of the platform that it stands on; absent: it is made from Debian packages. */
  readonly from?: string | undefined;
  readonly suite: string;
  /** Debian packages of a platform without `from`. */
  readonly packages: readonly string[];
  /** npm packages whose programs go to /usr/local; `node` is Node.js itself. */
  readonly npm: readonly string[];
  /** Made when the first app needs it, rather than at the first start. */
  readonly onDemand: boolean;
  /** Language whose apps are built on it; absent: that of the one it stands on, or its own name. */
  readonly language?: string | undefined;
  /** Shell commands that print the versions of programs, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of everything above and every file. */
  readonly digest: string;
}

const defaultSuite = "bookworm";
const word = /^[a-z0-9][a-z0-9+.@^~-]*$/;

/** All recipes of the directory, each after the one it stands on. */
export async function loadRecipes(directory: string): Promise<Recipe[]> {
  const names: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) names.push(entry.name);
  }
  const recipes = await Promise.all(names.sort().map((name) => loadRecipe(directory, name)));
  return inOrder(recipes);
}

async function loadRecipe(directory: string, name: string): Promise<Recipe> {
  const path = join(directory, name);
  const text = await readFile(join(path, "platform.yaml"), "utf8");
  const given = (parse(text) ?? {}) as Record<string, unknown>;
  const where = `cannot read platform recipe ${name}: platform.yaml`;
  return {
    name,
    directory: path,
    description: typeof given["description"] === "string" ? given["description"] : "",
    from: given["from"] === undefined ? undefined : words([given["from"]], `${where}: from`)[0],
    suite: words([given["suite"] ?? defaultSuite], `${where}: suite`)[0] ?? defaultSuite,
    packages: words(given["packages"] ?? [], `${where}: packages`),
    npm: words(given["npm"] ?? [], `${where}: npm`),
    onDemand: given["onDemand"] === true,
    language:
      given["language"] === undefined ? undefined : words([given["language"]], `${where}: language`)[0],
    versions: commands(given["versions"] ?? {}, `${where}: versions`),
    digest: await digestOf(path),
  };
}

function words(given: unknown, where: string): string[] {
  if (!Array.isArray(given)) throw new Error(`${where}: must be a list`);
  return given.map((value: unknown) => {
    if (typeof value === "string" && word.test(value)) return value;
    throw new Error(`${where}: ${JSON.stringify(value)} must be lower case letters, digits and + . @ ^ ~ -`);
  });
}

function commands(given: unknown, where: string): Record<string, string> {
  const entries = typeof given === "object" && given !== null ? Object.entries(given) : [["", given]];
  return Object.fromEntries(
    entries.map(([name = "", command]: unknown[]) => {
      if (typeof name === "string" && word.test(name) && typeof command === "string") return [name, command];
      throw new Error(`${where}: must map names to shell commands, for instance "python: python3 --version"`);
    }),
  );
}

async function digestOf(directory: string): Promise<string> {
  const hash = createHash("sha256");
  for (const entry of (await readdir(directory, { recursive: true, withFileTypes: true })).toSorted(byPath)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path);
    const { mode } = await stat(path);
    const content = await readFile(path);
    hash.update(`${name}\0${mode & 0o111}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function byPath(a: Dirent, b: Dirent): number {
  const [first, second] = [a, b].map((entry) => join(entry.parentPath, entry.name));
  return (first ?? "") < (second ?? "") ? -1 : 1;
}

/** A recipe's language is the one it names, else that of what it stands on, else its own name. */
export function languageOf(recipe: Recipe, all: readonly Recipe[]): string {
  if (recipe.language !== undefined) return recipe.language;
  const base = all.find(({ name }) => name === recipe.from);
  return base === undefined || base.from === undefined ? recipe.name : languageOf(base, all);
}

function inOrder(recipes: readonly Recipe[]): Recipe[] {
  const ordered: Recipe[] = [];
  let rest = [...recipes];
  while (rest.length > 0) {
    const ready = rest.filter(({ from }) => from === undefined || ordered.some(({ name }) => name === from));
    if (ready.length === 0) {
      const names = rest.map(({ name, from }) => `${name} (from ${from})`).join(", ");
      throw new Error(`cannot order platform recipes: what they stand on is missing: ${names}`);
    }
    ordered.push(...ready);
    rest = rest.filter((recipe) => !ready.includes(recipe));
  }
  return ordered;
}
