import { expect, test } from "vitest";
import type { KubeObject } from "../../model/meta.ts";
import { LogEntry } from "./entry.ts";

const key = { resource: "configmaps", namespace: "a", name: "b", revision: 1, createdRevision: 1 };
const object: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "b", labels: { a: "b" } },
};

test("a released version is the same object as long as somebody holds it", () => {
  const held = structuredClone(object);
  const entry = new LogEntry({ ...key, encoded: JSON.stringify(object) }, true, held);
  entry.release();
  entry.release();
  expect(entry.value).toBe(held);
});

test("a version from the disk is parsed when it is asked for, and frozen when that is wanted", () => {
  const entry = new LogEntry({ ...key, encoded: JSON.stringify(object) }, true);
  const { value } = entry;
  expect(value).toEqual(object);
  expect(Object.isFrozen(value.metadata.labels)).toBe(true);
  expect(entry.value).toBe(value);
});
