/** The kind of docs/adding-a-kind.md: a description alone makes it work with kubectl in every way. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { defineKind } from "../../src/model/define.ts";
import type { KubeObject } from "../../src/model/meta.ts";
import { allKinds } from "../../src/model/registry.ts";
import { array, integer, object, required, string, type Infer } from "../../src/model/schema.ts";
import { startKubectl, type Kubectl } from "./kubectl.ts";

const leaf = object(
  "What is in it.",
  { name: required(string("Name of the leaf.")), grams: integer("How much of it.", { default: 5, min: 1 }) },
  { name: "dev.nagi.v1.Leaf" },
);

const fields = {
  spec: required(
    object(
      "What the teapot should be.",
      {
        material: string("What it is made of.", { default: "iron", immutable: true }),
        cups: integer("How much it holds.", { min: 1 }),
        leaves: array(leaf, "What is in it.", { mergeKey: "name" }),
      },
      { name: "dev.nagi.v1.TeapotSpec" },
    ),
  ),
  status: object(
    "What the teapot is.",
    { phase: string("Empty or Full.") },
    { name: "dev.nagi.v1.TeapotStatus" },
  ),
};
const schema = object("", fields);
interface Teapot extends KubeObject, Infer<typeof schema> {}

const teapot = defineKind<Teapot>({
  group: "nagi.dev",
  version: "v1",
  kind: "Teapot",
  plural: "teapots",
  shortNames: ["tp"],
  description: "Brews tea.",
  fields,
  initialStatus: () => ({ phase: "Empty" }),
  columns: [
    { name: "Cups", type: "integer", description: "How much it holds.", value: ({ spec }) => spec.cups ?? 0 },
    {
      name: "Phase",
      type: "string",
      priority: 1,
      description: "Empty or Full.",
      value: ({ status }) => status?.phase ?? "",
    },
  ],
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
});

const manifest = (spec: object): string =>
  JSON.stringify({ apiVersion: "nagi.dev/v1", kind: "Teapot", metadata: { name: "brown" }, spec });

let kubectl: Kubectl;
beforeAll(async () => void (kubectl = await startKubectl(undefined, [...allKinds, teapot])));
afterAll(() => kubectl[Symbol.asyncDispose]());

const spec = async (): Promise<unknown> => {
  const text = await kubectl.run("get", "teapot", "brown", "-o", "jsonpath={.spec}");
  return JSON.parse(text) as unknown;
};

test("is discovered and explained", async () => {
  expect(await kubectl.run("api-resources", "--api-group=nagi.dev")).toMatch(
    /teapots +tp +nagi.dev\/v1 +true +Teapot/,
  );
  expect(await kubectl.run("explain", "teapot")).toContain("Brews tea.");
  expect(await kubectl.run("explain", "tp.spec.leaves")).toMatch(/grams\t<integer>\n +How much of it\./);
});

test("is created, defaulted, checked and listed", async () => {
  const wrong = await kubectl.failFed(manifest({ cups: 0, lid: true }), "create", "-f", "-");
  expect(wrong).toContain('unknown field "spec.lid"');
  const small = await kubectl.failFed(manifest({ cups: 0 }), "create", "-f", "-");
  expect(small).toContain("spec.cups: Invalid value: 0: must be greater than or equal to 1");
  await kubectl.feed(manifest({ cups: 4, leaves: [{ name: "assam" }] }), "apply", "-f", "-");
  expect(await spec()).toEqual({ cups: 4, material: "iron", leaves: [{ name: "assam", grams: 5 }] });
  expect((await kubectl.run("get", "tp", "-o", "wide")).split(/\s+/).slice(0, 7)).toEqual([
    "NAME",
    "CUPS",
    "AGE",
    "PHASE",
    "brown",
    "4",
    expect.any(String),
  ]);
});

test("is applied and patched by the merge keys of its schema", async () => {
  await kubectl.feed(
    manifest({ cups: 6, leaves: [{ name: "ceylon", grams: 2 }, { name: "assam" }] }),
    "apply",
    "-f",
    "-",
  );
  expect(await spec()).toMatchObject({
    cups: 6,
    leaves: [
      { name: "ceylon", grams: 2 },
      { name: "assam", grams: 5 },
    ],
  });
  const patch = JSON.stringify({ spec: { leaves: [{ name: "ceylon", $patch: "delete" }] } });
  await kubectl.run("patch", "tp", "brown", "--type=strategic", "-p", patch);
  expect(await spec()).toMatchObject({ leaves: [{ name: "assam", grams: 5 }] });
  const clay = JSON.stringify({ spec: { material: "clay" } });
  expect(await kubectl.fail("patch", "tp", "brown", "--type=merge", "-p", clay)).toContain(
    'spec.material: Invalid value: "clay": field is immutable',
  );
});

test("keeps its status apart, selects by its fields, and goes", async () => {
  const full = JSON.stringify({ status: { phase: "Full" }, spec: { cups: 99 } });
  await kubectl.run("patch", "tp", "brown", "--subresource=status", "--type=merge", "-p", full);
  expect(await spec()).toMatchObject({ cups: 6 });
  expect(await kubectl.run("get", "tp", "--field-selector=status.phase=Full", "-o", "name")).toBe(
    "teapot.nagi.dev/brown\n",
  );
  expect(await kubectl.run("get", "tp", "--field-selector=status.phase=Empty", "-o", "name")).toBe("");
  await kubectl.run("delete", "tp", "brown");
  expect(await kubectl.fail("get", "tp", "brown")).toContain('teapots.nagi.dev "brown" not found');
});
