import { expect, test } from "vitest";
import type { KubeObject } from "../../../model/meta.ts";
import { encodeWithSpec, withTextField } from "./encode.ts";

const spec = { containers: [{ name: "a", image: 'with "quotes"' }] };
const text = JSON.stringify(spec);
const metadata = { name: "p", annotations: { note: '"spec":0', spec: "}" } };

test.each([
  ["without status", { apiVersion: "v1", kind: "Pod", metadata, spec }],
  ["with status", { apiVersion: "v1", kind: "Pod", metadata, spec, status: { phase: "Pending" } }],
  ["in another order", { kind: "Pod", apiVersion: "v1", metadata, spec, status: {} }],
  ["with status first", { apiVersion: "v1", kind: "Pod", metadata, status: {}, spec }],
  ["with more", { apiVersion: "v1", kind: "Pod", metadata, spec, status: {}, data: 1 }],
  ["without spec", { apiVersion: "v1", kind: "Pod", metadata }],
] as [string, KubeObject][])("an object %s is encoded as ever", (_name, object) => {
  const known = Object.hasOwn(object, "spec") ? text : undefined;
  expect(encodeWithSpec(object, known)).toBe(JSON.stringify(object));
});

test("a field is put behind the others", () => {
  const wanted = JSON.stringify({ ...spec, nodeName: 'node "1"' });
  expect(withTextField(text, "nodeName", 'node "1"')).toBe(wanted);
  expect(withTextField(undefined, "nodeName", "a")).toBeUndefined();
});
