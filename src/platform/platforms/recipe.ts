/**
 * A recipe: a directory that says how a base image is made. `platform.yaml` names what it stands on and what
 * goes in, `Containerfile` and the other files are the build's context. Recipes come with Nagi, or in Platforms.
 */

import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { filesStamp } from "../../lib/files-stamp.ts";
import { recipeLanguages } from "../../model/kinds/nagi/languages.ts";
import { contentOf, type RecipeFile } from "../../model/kinds/nagi/platform/recipe-files.ts";
import {
  parseRecipe,
  recipeContainerfile,
  recipeFile,
  serviceFile,
  type RecipeText,
} from "../../model/kinds/nagi/platform/recipe-text.ts";

export interface Recipe extends RecipeText {
  readonly name: string;
  /** Whether it builds its image by a Containerfile of its own. */
  readonly hasContainerfile: boolean;
  /** Of everything above and every file. */
  readonly digest: string;
  /** Whether it comes with Nagi. */
  readonly builtIn: boolean;
  /** Puts its files into a directory that is there. */
  writeTo(directory: string): Promise<void>;
}

/** What a Platform says of how its image is made. */
export interface GivenPlatform {
  readonly name: string;
  /** Absent: the recipe of that name that comes with Nagi. */
  readonly files?: readonly RecipeFile[] | undefined;
  /** When it was last wished to be made anew: another time is another image. */
  readonly rebuiltAt?: string | undefined;
}

export interface Recipes {
  /** Each after the one it stands on. */
  readonly recipes: readonly Recipe[];
  /** What is wrong with those that cannot be made, by name. */
  readonly problems: ReadonlyMap<string, string>;
}

/** All recipes of the directory, and those of the Platforms in their place. */
export async function loadRecipes(directory: string, given: readonly GivenPlatform[] = []): Promise<Recipes> {
  const problems = new Map<string, string>();
  const recipes = new Map<string, Recipe>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) recipes.set(entry.name, await recipeIn(directory, entry.name));
  }
  for (const { name, files } of given) {
    if (files === undefined) continue;
    const found = recipeOf(name, files, recipes.has(name));
    if (typeof found === "string") problems.set(name, found);
    else recipes.set(name, found);
  }
  const sorted = [...recipes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { recipes: inOrder(sorted, problems), problems };
}

/** Recipes as they were read, by directory: they are asked for at each look at each platform. */
const known = new Map<string, { readonly stamp: string; readonly recipe: Recipe }>();
const knownMax = 100;

async function recipeIn(parent: string, name: string): Promise<Recipe> {
  const directory = join(parent, name);
  const stamp = await filesStamp([directory]);
  const before = known.get(directory);
  if (before?.stamp === stamp) return before.recipe;
  const recipe = await readRecipe(directory, name);
  if (known.size >= knownMax) known.clear();
  known.set(directory, { stamp, recipe });
  return recipe;
}

async function readRecipe(directory: string, name: string): Promise<Recipe> {
  const text = await readFile(join(directory, recipeFile), "utf8");
  const result = parseRecipe(text);
  if (!result.ok)
    throw new Error(`cannot read platform recipe ${name}: ${recipeFile}: ${result.key} ${result.problem}`);
  const files = await filesIn(directory);
  return {
    ...result.recipe,
    name,
    hasContainerfile: files.some(({ path }) => path === recipeContainerfile),
    digest: digestOf(files),
    builtIn: true,
    writeTo: (target) => cp(directory, target, { recursive: true }),
  };
}

/** What is wrong with it, where something is. */
function recipeOf(name: string, files: readonly RecipeFile[], builtIn: boolean): Recipe | string {
  const described = files.find(({ path }) => path === recipeFile);
  if (described === undefined) return `its recipe has no ${recipeFile}`;
  const result = parseRecipe(contentOf(described).toString());
  if (!result.ok) return `${recipeFile}: ${result.key} ${result.problem}`;
  const contents = files.map((file) => ({
    path: file.path,
    mode: file.executable === true ? 0o111 : 0,
    content: contentOf(file),
  }));
  return {
    ...result.recipe,
    name,
    hasContainerfile: files.some(({ path }) => path === recipeContainerfile),
    digest: digestOf(contents),
    builtIn,
    writeTo: (directory) => writeFiles(directory, contents),
  };
}

interface Content {
  readonly path: string;
  /** The bits that let it be run. */
  readonly mode: number;
  readonly content: Buffer;
}

async function filesIn(directory: string): Promise<Content[]> {
  const found: Content[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    found.push({ path: relative(directory, path), mode: mode & 0o111, content: await readFile(path) });
  }
  return found;
}

async function writeFiles(directory: string, files: readonly Content[]): Promise<void> {
  for (const { path, mode, content } of files) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    await chmod(target, 0o644 | mode);
  }
}

function digestOf(files: readonly Content[]): string {
  const hash = createHash("sha256");
  // What describes an add-on's service is not in the image.
  const own = files.filter(({ path }) => path !== serviceFile);
  for (const { path, mode, content } of own.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

/** A recipe's language is the one it names, else that of what it stands on, else its own name; else any Procfile's. */
export function languageOf(recipe: Recipe, all: readonly Recipe[]): string {
  if (recipe.language !== undefined) return recipe.language;
  const base = all.find(({ name }) => name === recipe.from);
  if (base !== undefined && base.from !== undefined) return languageOf(base, all);
  return recipeLanguages.find((name) => name === recipe.name) ?? "procfile";
}

/** The recipe with what it stands on, the lowest first. */
export function lineOf(name: string, all: readonly Recipe[]): Recipe[] {
  const recipe = all.find((each) => each.name === name);
  if (recipe === undefined) return [];
  return [...(recipe.from === undefined ? [] : lineOf(recipe.from, all)), recipe];
}

function inOrder(recipes: readonly Recipe[], problems: Map<string, string>): Recipe[] {
  const ordered: Recipe[] = [];
  let rest = [...recipes];
  while (rest.length > 0) {
    const ready = rest.filter(({ from }) => from === undefined || ordered.some(({ name }) => name === from));
    if (ready.length === 0) break;
    ordered.push(...ready);
    rest = rest.filter((recipe) => !ready.includes(recipe));
  }
  for (const { name, from } of rest) problems.set(name, missingText(from ?? "", rest));
  return ordered;
}

function missingText(from: string, rest: readonly Recipe[]): string {
  const isThere = rest.some(({ name }) => name === from);
  return isThere
    ? `it stands on ${from}, which cannot be made itself, or stands on it`
    : `it stands on ${from}, and there is no such platform: see \`nagi platforms\``;
}
