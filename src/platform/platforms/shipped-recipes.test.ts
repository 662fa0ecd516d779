import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recipeLanguages } from "../../model/kinds/nagi/languages.ts";
import { languageOf, loadRecipes } from "./recipe.ts";

const directory = join(import.meta.dirname, "../../../platforms");

test("every recipe that comes with Nagi can be read and is of a known language", async () => {
  const { recipes, problems } = await loadRecipes(directory);
  expect(problems).toEqual(new Map());
  expect(recipes.map(({ name }) => name).toSorted()).toEqual(readdirSync(directory).toSorted());
  for (const recipe of recipes) expect(recipeLanguages).toContain(languageOf(recipe, recipes));
});
