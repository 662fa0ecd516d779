import { describe, expect, it } from "vitest";
import { actionOf, parseScope } from "./scope.ts";

describe("parseScope", () => {
  it("reads a repository with its actions", () => {
    expect(parseScope("repository:default/hello:pull,push")).toEqual({
      type: "repository",
      name: "default/hello",
      actions: ["pull", "push"],
    });
  });

  it.each(["", "repository", "repository:a", "repository::pull", `repository:${"a".repeat(2000)}:pull`])(
    "refuses %j",
    (text) => expect(parseScope(text)).toBeUndefined(),
  );
});

describe("actionOf asks for the right on the layers of the image stream", () => {
  const layers = { group: "image.openshift.io", resource: "imagestreams", subresource: "layers" };
  it.each([
    ["repository:team/app:pull", "pull", { ...layers, verb: "get", namespace: "team", name: "app" }],
    ["repository:team/app:push", "push", { ...layers, verb: "update", namespace: "team", name: "app" }],
    ["repository:team/app:delete", "delete", { ...layers, verb: "delete", namespace: "team", name: "app" }],
    ["registry:catalog:*", "*", { group: "image.openshift.io", resource: "imagestreams", verb: "list" }],
    ["repository:app:pull", "pull", undefined],
    ["repository:a/b/c:pull", "pull", undefined],
    ["repository:team/app:admin", "admin", undefined],
    ["plugin:team/app:pull", "pull", undefined],
  ])("%s", (text, action, expected) => {
    const scope = parseScope(text);
    expect(scope === undefined ? undefined : actionOf(scope, action)).toEqual(expected);
  });
});
