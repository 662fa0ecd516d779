import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { registryText } from "../../scripts/generate.ts";
import { allKinds } from "./registry.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";

test("the registry is what `npm run generate` writes", async () => {
  const present = await readFile(new URL("registry.ts", import.meta.url), "utf8");
  expect(present).toBe(await registryText());
});

test("adding a kind is adding a folder, which must have a kind in it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nagi-registry-"));
  try {
    const folder = join(directory, "kinds", "tea", "teapot");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "teapot.ts"), "export const teapot = defineKind<Teapot>({});\n");
    const text = await registryText(directory);
    expect(text).toContain('import { teapot } from "./kinds/tea/teapot/teapot.ts";');
    expect(text).toContain("= [\n  teapot,\n];");
    await writeFile(join(folder, "teapot.ts"), "export const teapot = {};\n");
    await expect(registryText(directory)).rejects.toThrow("cannot find a kind in kinds/tea/teapot/teapot.ts");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("no two kinds share a resource or a short name, nor two that are kept a kind", () => {
  const stored = allKinds.filter(({ storedVersion }) => storedVersion === undefined);
  const resources = stored.map(({ group, plural }) => `${plural}.${group}`);
  expect(new Set(resources).size).toBe(resources.length);
  // A resource that is only asked may take what another keeps, as processedtemplates take templates.
  const kept = stored.filter(({ verbs }) => verbs.includes("get"));
  const kinds = kept.map(({ group, kind }) => `${kind}.${group}`);
  expect(new Set(kinds).size).toBe(kinds.length);
  const shortNames = allKinds.flatMap((kind) => kind.shortNames);
  expect(new Set(shortNames).size).toBe(shortNames.length);
});

function nodesOf(node: SchemaNode, path: string): [path: string, node: SchemaNode][] {
  const fields = Object.entries(node.fields ?? {}).flatMap(([key, field]) =>
    nodesOf(field, `${path}.${key}`),
  );
  const items = node.items === undefined ? [] : nodesOf(node.items, `${path}[]`);
  return [[path, node], ...fields, ...items];
}

describe.each(allKinds.map((kind) => [kind.kind, kind] as const))("%s", (_name, kind) => {
  const nodes = nodesOf(rootSchema(kind), kind.kind);

  test("every field is described", () => {
    expect(kind.description).not.toBe("");
    expect(nodes.filter(([, { description }]) => description === "").map(([path]) => path)).toEqual([]);
  });

  test("merge keys name a field of the elements", () => {
    const wrong = nodes.filter(([, { mergeKey, items }]) => {
      if (mergeKey === undefined || items?.preserveUnknown === true) return false;
      return mergeKey === "" ? items?.fields !== undefined : !Object.hasOwn(items?.fields ?? {}, mergeKey);
    });
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test("a name of a definition always means the same fields", () => {
    const seen = new Map<string, SchemaNode["fields"]>();
    for (const [path, { name, fields }] of nodes) {
      if (name === undefined) continue;
      expect(seen.get(name) ?? fields, path).toEqual(fields);
      seen.set(name, fields);
    }
  });
});
