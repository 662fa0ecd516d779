import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonEqual } from "./json.ts";
import { deployment } from "./kinds/apps/deployment/deployment.ts";
import { pod } from "./kinds/core/pod/pod.ts";
import { rootSchema } from "./root-schema.ts";
import { applyStrategicPatch } from "./strategic-patch.ts";

const root = rootSchema(pod);
const spec = (given: object): object => ({ spec: given });
const patched = (target: object, patch: object): unknown =>
  applyStrategicPatch(root, spec(target), spec(patch));

describe("lists with a merge key", () => {
  const target = {
    containers: [
      { name: "a", image: "1", args: ["x"] },
      { name: "b", image: "1" },
    ],
  };

  test.each([
    [
      "an element is merged by its key",
      [{ name: "b", image: "2" }],
      [
        { name: "a", image: "1", args: ["x"] },
        { name: "b", image: "2" },
      ],
    ],
    ["a new element is put at the end", [{ name: "c" }], [...target.containers, { name: "c" }]],
    [
      "lists without a key are replaced",
      [{ name: "a", args: ["y"] }],
      [
        { name: "a", image: "1", args: ["y"] },
        { name: "b", image: "1" },
      ],
    ],
    ["an element is deleted", [{ name: "a", $patch: "delete" }], [{ name: "b", image: "1" }]],
    ["deleting what is not there is fine", [{ name: "z", $patch: "delete" }], target.containers],
    [
      "an element is replaced",
      [{ name: "a", image: "2", $patch: "replace" }],
      [
        { name: "a", image: "2" },
        { name: "b", image: "1" },
      ],
    ],
    ["the list is replaced", [{ $patch: "replace" }, { name: "z" }], [{ name: "z" }]],
    [
      "null removes a field",
      [{ name: "a", args: null }],
      [
        { name: "a", image: "1" },
        { name: "b", image: "1" },
      ],
    ],
  ])("%s", (_case, containers, expected) => {
    const before = structuredClone(target);
    expect(patched(target, { containers })).toEqual(spec({ containers: expected }));
    expect(target).toEqual(before);
  });

  test("an element without its key is refused", () => {
    expect(() => patched(target, { containers: [{ image: "2" }] })).toThrow(
      "does not contain declared merge key: name",
    );
    expect(() => patched(target, { containers: ["a"] })).toThrow("must be objects");
  });
});

describe("the order that the client wants", () => {
  const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));
  const order = (target: string[], patch: string[], wanted: string[]): unknown =>
    patched(
      { containers: named(...target) },
      { containers: named(...patch), "$setElementOrder/containers": named(...wanted) },
    );

  test.each([
    [["a", "b"], ["b"], ["b", "a"], ["b", "a"]],
    [["a", "b"], ["c"], ["c", "a", "b"], ["c", "a", "b"]],
    [["a", "injected"], ["b"], ["b", "a"], ["b", "a", "injected"]],
    [["injected", "a", "b"], ["b"], ["b", "a"], ["injected", "b", "a"]],
  ])("%j with %j ordered %j is %j", (target, patch, wanted, expected) => {
    expect(order(target, patch, wanted)).toEqual(spec({ containers: named(...expected) }));
  });
});

describe("lists of plain values", () => {
  const merge = (target: object, patch: object): unknown =>
    applyStrategicPatch(root, { metadata: target }, { metadata: patch });

  test("are merged as sets, ordered and cut", () => {
    expect(merge({ finalizers: ["a", "b"] }, { finalizers: ["b", "c"] })).toEqual({
      metadata: { finalizers: ["a", "b", "c"] },
    });
    expect(merge({ finalizers: ["a", "b"] }, { "$deleteFromPrimitiveList/finalizers": ["a"] })).toEqual({
      metadata: { finalizers: ["b"] },
    });
    expect(
      merge(
        { finalizers: ["a", "b"] },
        { finalizers: ["c"], "$setElementOrder/finalizers": ["c", "b", "a"] },
      ),
    ).toEqual({ metadata: { finalizers: ["c", "b", "a"] } });
  });
});

describe("objects", () => {
  test("$retainKeys drops the fields that exclude the new one", () => {
    const target = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } };
    expect(applyStrategicPatch(rootSchema(deployment), target, patch)).toEqual({
      spec: { strategy: { type: "Recreate" } },
    });
    expect(
      patched(
        { volumes: [{ name: "v", emptyDir: {} }] },
        { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] },
      ),
    ).toEqual(spec({ volumes: [{ name: "v", hostPath: { path: "/x" } }] }));
  });

  test("$patch replaces or deletes them", () => {
    expect(patched({ nodeSelector: { a: "1" } }, { nodeSelector: { $patch: "replace", b: "2" } })).toEqual(
      spec({ nodeSelector: { b: "2" } }),
    );
    expect(
      patched({ nodeSelector: { a: "1" }, hostname: "h" }, { nodeSelector: { $patch: "delete" } }),
    ).toEqual(spec({ hostname: "h" }));
    expect(() => patched({}, { nodeSelector: { $patch: "remove" } })).toThrow(
      'unrecognized type of $patch: "remove"',
    );
  });
});

const container = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), image: fc.constantFrom("1", "2") });
const containers = fc.uniqueArray(container, { selector: ({ name }) => name, maxLength: 4 });

test("a patch as kubectl makes it leads from any containers to any others", () => {
  fc.assert(
    fc.property(containers, containers, (from, to) => {
      const removed = from.filter(({ name }) => !to.some((other) => other.name === name));
      const patch = {
        containers: [...to, ...removed.map(({ name }) => ({ name, $patch: "delete" }))],
        "$setElementOrder/containers": to.map(({ name }) => ({ name })),
      };
      expect(patched({ containers: from }, patch)).toEqual(spec({ containers: to }));
    }),
  );
});

test("patching twice is patching once", () => {
  fc.assert(
    fc.property(containers, containers, (from, to) => {
      const once = patched({ containers: from }, { containers: to }) as { spec: object };
      expect(isJsonEqual(patched(once.spec, { containers: to }), once)).toBe(true);
    }),
  );
});
