import { describe, expect, it } from "vitest";
import type { HookEvent } from "./event.ts";
import { judgeEvent, type HookFilter } from "./wanted.ts";

const push: HookEvent = { kind: "Push", event: "push", ref: "refs/heads/main", commit: "2".repeat(40) };
const judge = (event: Partial<HookEvent>, filter: HookFilter = {}, ownRef?: string) =>
  judgeEvent({ ...push, ...event }, filter, ownRef);

describe("branches and tags", () => {
  it.each([
    [{}, {}, undefined, true],
    [{ ref: "refs/heads/dev" }, {}, undefined, false],
    [{ ref: "refs/heads/dev" }, {}, "dev", true],
    [{ ref: "refs/heads/trunk", defaultBranch: "trunk" }, {}, undefined, true],
    [{ ref: "refs/heads/release/2" }, { branches: ["release/*"] }, undefined, true],
    [{ ref: "refs/heads/release/2/x" }, { branches: ["release/*"] }, undefined, false],
    [{}, { branches: ["dev"] }, "main", false],
    [{ kind: "Tag", ref: "refs/tags/v1" }, {}, undefined, false],
    [{ kind: "Tag", ref: "refs/tags/v1" }, { tags: ["v*"] }, undefined, true],
    [{ ref: undefined }, {}, undefined, true],
    [{ deleted: true }, {}, undefined, false],
  ] as const)("%j with %j of an app of %s: %s", (event, filter, own, wanted) => {
    expect(judge(event as Partial<HookEvent>, filter, own).wanted).toBe(wanted);
  });

  it("says which are built", () => {
    expect(judge({ ref: "refs/heads/dev" }, {}, "main")).toEqual({
      wanted: false,
      reason: "OtherBranch",
      message: "Branch dev was pushed; built is main.",
    });
  });
});

describe("paths", () => {
  it.each([
    [["docs/a.md"], { paths: ["web/**"] }, false],
    [["docs/a.md", "web/x/y.js"], { paths: ["web/**"] }, true],
    [["web/x.js"], { paths: ["web/"] }, true],
    [["docs/a.md", "README.md"], { ignorePaths: ["**/*.md"] }, false],
    [["docs/a.md", "src/a.ts"], { ignorePaths: ["**/*.md"] }, true],
    [["web/README.md"], { paths: ["web/**"], ignorePaths: ["**/*.md"] }, false],
    [[".github/workflows/x.yml"], { ignorePaths: [".github/**"] }, false],
    [["a/.env"], { paths: ["a/*"] }, true],
    [["a.b"], { paths: ["a?b"] }, true],
    [["weird[name"], { paths: ["other[name"] }, false],
  ])("%j with %j: %s", (changedFiles, filter, wanted) => {
    expect(judge({ changedFiles }, filter).wanted).toBe(wanted);
  });

  it("are taken to have changed when the forge does not tell", () => {
    expect(judge({ changedFiles: undefined }, { paths: ["web/**"] }).wanted).toBe(true);
  });

  it("are named in the reason", () => {
    expect(judge({ changedFiles: ["a", "b", "c", "d"] }, { paths: ["web/**"] }).message).toBe(
      "Changed are a, b, c and 1 more; those of web/** count.",
    );
  });
});

it.each(["Mend [skip ci]", "[CI SKIP] Mend", "Mend\n\n[skip nagi]"])(
  "leaves out the commit %j",
  (message) => {
    expect(judge({ message })).toMatchObject({ wanted: false, reason: "Skipped" });
  },
);
