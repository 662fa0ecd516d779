import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { generatedFiles } from "../../scripts/generate.ts";

it("has generated files that are up to date (else: npm run generate)", async () => {
  for (const [path, text] of await generatedFiles()) expect(await readFile(path, "utf8"), path).toBe(text);
});
