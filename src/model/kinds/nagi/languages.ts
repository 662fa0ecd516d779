/** Names of the languages that builds know, as specs and recipes name them. */

export const languageNames = ["nodejs", "python", "ruby", "php", "go", "java", "static", "procfile"] as const;

/** What a recipe may be for. */
export const recipeLanguages = [...languageNames, "buildpacks"] as const;
