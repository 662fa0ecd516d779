import { describe, expect, test } from "vitest";
import { openApiV2, openApiV3, openApiV3Index, openApiV3Names } from "./openapi.ts";
import { allKinds } from "./registry.ts";

const options = { kinds: allKinds, version: "v0" };

/** All values of `$ref` in a document. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === "$ref" ? [String(item)] : references(item)));
}

function at(document: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
}

test("every reference of version 2 leads somewhere", () => {
  const document = openApiV2(options);
  const definitions = Object.keys(at(document, "definitions") as object).map(
    (name) => `#/definitions/${name}`,
  );
  expect([...new Set(references(document))].filter((reference) => !definitions.includes(reference))).toEqual(
    [],
  );
});

describe.each(openApiV3Names(options))("version 3 of %s", (name) => {
  const document = openApiV3(options, name);

  test("has no reference that leads nowhere", () => {
    const schemas = Object.keys(at(document, "components", "schemas") as object);
    const known = schemas.map((schema) => `#/components/schemas/${schema}`);
    expect([...new Set(references(document))].filter((reference) => !known.includes(reference))).toEqual([]);
  });
});

test("the index names all documents", () => {
  const { paths } = openApiV3Index(options, (name) => `hash of ${name}`) as { paths: object };
  expect(Object.keys(paths)).toEqual(openApiV3Names(options));
  expect(at(paths, "apis/apps/v1")).toEqual({
    serverRelativeURL: "/openapi/v3/apis/apps/v1?hash=hash%20of%20apis%2Fapps%2Fv1",
  });
  expect(openApiV3(options, "apis/nothing/v1")).toBeUndefined();
});

test("kubectl finds that the server validates fields, and how lists are merged", () => {
  const document = openApiV3(options, "api/v1");
  const patch = at(document, "paths", "/api/v1/namespaces/{namespace}/pods/{name}", "patch");
  expect(patch).toMatchObject({
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": { group: "", version: "v1", kind: "Pod" },
    parameters: expect.arrayContaining([expect.objectContaining({ name: "fieldValidation", in: "query" })]),
    requestBody: { content: { "application/strategic-merge-patch+json": {} } },
  });
  expect(
    at(document, "components", "schemas", "io.k8s.api.core.v1.PodSpec", "properties", "volumes"),
  ).toMatchObject({
    "x-kubernetes-patch-merge-key": "name",
    "x-kubernetes-patch-strategy": "merge,retainKeys",
  });
  expect(at(document, "components", "schemas", "io.k8s.api.core.v1.Pod")).toMatchObject({
    description: "Containers that run together on one node and share an address.",
    required: ["spec"],
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Pod" }],
  });
});

test("kinds that are only asked have one path, and subresources have theirs", () => {
  const reviews = at(openApiV3(options, "apis/authentication.k8s.io/v1"), "paths") as object;
  expect(Object.keys(reviews)).toEqual([
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/apis/authentication.k8s.io/v1/tokenreviews",
  ]);
  const apps = Object.keys(at(openApiV3(options, "apis/apps/v1"), "paths") as object);
  expect(apps).toEqual(
    expect.arrayContaining([
      "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale",
      "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status",
      "/apis/apps/v1/deployments",
    ]),
  );
});
