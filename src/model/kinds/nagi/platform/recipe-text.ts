/** `platform.yaml`, the file of a recipe that says what the platform stands on and what goes in. */

import { parse } from "yaml";
import { recipeLanguages } from "../languages.ts";

/** File of every recipe. */
export const recipeFile = "platform.yaml";
/** File of a recipe that says more than packages: the build of the image. */
export const recipeContainerfile = "Containerfile";
/** File of a recipe of a server that add-ons are made of: an AddonService's spec. */
export const serviceFile = "addon.yaml";

export interface RecipeText {
  readonly description: string;
  /** Name of the platform that it stands on; absent: it is made from Debian packages alone. */
  readonly from?: string | undefined;
  readonly suite: string;
  /** Debian packages. */
  readonly packages: readonly string[];
  /** npm packages whose programs go to /usr/local; `node` is Node.js itself. */
  readonly npm: readonly string[];
  /** Made when the first app needs it, rather than at the first start. */
  readonly onDemand: boolean;
  /** Language whose apps are built on it, or `buildpacks`; absent: that of the one it stands on, or its own name. */
  readonly language?: string | undefined;
  /** Shell commands that print the versions of programs, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export type RecipeResult =
  | { readonly ok: true; readonly recipe: RecipeText }
  /** The key of the file that is wrong, "" for the file itself, and what is wrong with it. */
  | { readonly ok: false; readonly key: string; readonly problem: string };

const defaultSuite = "bookworm";
const word = /^[a-z0-9][a-z0-9+.@^~-]*$/;
const keys = ["description", "from", "suite", "packages", "npm", "onDemand", "language", "versions"];

class Wrong extends Error {
  readonly key: string;

  constructor(key: string, problem: string) {
    super(problem);
    this.key = key;
  }
}

export function parseRecipe(text: string): RecipeResult {
  try {
    return { ok: true, recipe: recipeOf(mapping(text)) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { ok: false, key: error.key, problem: error.message };
  }
}

function mapping(text: string): Record<string, unknown> {
  let given: unknown;
  try {
    given = parse(text) ?? {};
  } catch (error) {
    throw new Wrong("", `is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Wrong("", `must be a mapping of ${keys.join(", ")}`);
  const unknown = Object.keys(given).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Wrong(unknown, `is not known; what may be said: ${keys.join(", ")}`);
  return given as Record<string, unknown>;
}

function recipeOf(given: Record<string, unknown>): RecipeText {
  const { description = "", suite = defaultSuite, from, language, onDemand = false } = given;
  if (typeof description !== "string") throw new Wrong("description", "must be a text");
  if (typeof onDemand !== "boolean") throw new Wrong("onDemand", "must be true or false");
  const named = language === undefined ? undefined : wordOf(language, "language");
  if (named !== undefined && !recipeLanguages.some((name) => name === named))
    throw new Wrong("language", `is ${JSON.stringify(named)}; known are ${recipeLanguages.join(", ")}`);
  return {
    description,
    suite: wordOf(suite, "suite"),
    from: from === undefined ? undefined : wordOf(from, "from"),
    packages: words(given["packages"] ?? [], "packages"),
    npm: words(given["npm"] ?? [], "npm"),
    onDemand,
    language: named,
    versions: commands(given["versions"] ?? {}),
  };
}

function wordOf(given: unknown, key: string): string {
  if (typeof given === "string" && word.test(given)) return given;
  throw new Wrong(key, `${JSON.stringify(given)} must be lower case letters, digits and + . @ ^ ~ -`);
}

function words(given: unknown, key: string): string[] {
  if (!Array.isArray(given)) throw new Wrong(key, "must be a list");
  return given.map((value: unknown) => wordOf(value, key));
}

function commands(given: unknown): Record<string, string> {
  const entries = typeof given === "object" && given !== null ? Object.entries(given) : [["", given]];
  return Object.fromEntries(
    entries.map(([name = "", command]: unknown[]) => {
      if (typeof name === "string" && word.test(name) && typeof command === "string") return [name, command];
      throw new Wrong(
        "versions",
        'must map names to shell commands, for instance "python: python3 --version"',
      );
    }),
  );
}
