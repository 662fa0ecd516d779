/** The files of a recipe inside a Platform object: how they are given and what is wrong with them. */

import { invalid, required as missing, type FieldError } from "../../../field-error.ts";
import { array, boolean, bytes, object, required, string, type Infer } from "../../../schema.ts";
import { checkSourceDirectory } from "../source-path.ts";
import { parseRecipe, recipeContainerfile, recipeFile } from "./recipe-text.ts";

/** Of all files of one recipe: it is stored and sent as an object. */
export const recipeLimits = { files: 100, totalBytes: 256 * 1024 } as const;

const file = object(
  "A file of the recipe.",
  {
    path: required(string("Path inside the recipe.", { check: checkSourceDirectory })),
    content: string("What is in it, of a text."),
    binaryContent: bytes("What is in it, of what is not a text."),
    executable: boolean("Whether it can be run."),
  },
  { name: "dev.nagi.v1.RecipeFile" },
);
export type RecipeFile = Infer<typeof file>;

export const recipeFiles = array(
  file,
  `The recipe: platform.yaml, a Containerfile where packages are not enough, and what that copies; ${recipeLimits.totalBytes / 1024} KiB in all. Absent: the recipe of that name that comes with Nagi.`,
  { maxLength: recipeLimits.files },
);

export function contentOf({ content = "", binaryContent }: RecipeFile): Buffer {
  return binaryContent === undefined ? Buffer.from(content) : Buffer.from(binaryContent, "base64");
}

export function recipeErrors(name: string, files: readonly RecipeFile[]): FieldError[] {
  const total = files.reduce((sum, each) => sum + contentOf(each).length, 0);
  if (total > recipeLimits.totalBytes) {
    const detail = `has ${total} bytes in all; a recipe may have ${recipeLimits.totalBytes}: let its Containerfile fetch what is large`;
    return [{ type: "TooLong", path: "spec.files", detail }];
  }
  const doubled = files.find(({ path }, index) => files.findIndex((each) => each.path === path) !== index);
  if (doubled !== undefined) return [invalid("spec.files", doubled.path, "is there twice")];
  const described = files.find(({ path }) => path === recipeFile);
  if (described === undefined) return [missing("spec.files", `a recipe has a file ${recipeFile}`)];
  return textErrors(name, files, contentOf(described).toString());
}

function textErrors(name: string, files: readonly RecipeFile[], text: string): FieldError[] {
  const where = `spec.files[${recipeFile}]`;
  const result = parseRecipe(text);
  if (!result.ok) {
    const path = result.key === "" ? where : `${where}.${result.key}`;
    return [{ type: "Invalid", path, detail: result.problem }];
  }
  const { from, packages, npm } = result.recipe;
  if (from === name) return [invalid(`${where}.from`, from, "a platform cannot stand on itself")];
  const builds = files.some(({ path }) => path === recipeContainerfile);
  if (from === undefined && builds)
    return [
      missing(`${where}.from`, `with a ${recipeContainerfile}: the platform to build on, such as base`),
    ];
  if (!builds && packages.length === 0 && npm.length === 0)
    return [missing(`${where}.packages`, `a recipe without ${recipeContainerfile} names Debian packages`)];
  if (!builds && npm.length > 0)
    return [invalid(`${where}.npm`, npm, `needs a ${recipeContainerfile} with COPY npm/ /usr/local/`)];
  return [];
}
