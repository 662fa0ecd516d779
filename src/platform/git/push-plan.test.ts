import { describe, expect, it } from "vitest";
import { parseCall, type RefUpdate } from "./hook-session.ts";
import { planPush, pushOptionsOf } from "./push-plan.ts";

const a = "a".repeat(40);
const b = "b".repeat(40);
const push = (ref: string, from?: string): RefUpdate => ({ ref, old: from, new: b });

describe("planPush", () => {
  it.each<[string, string | undefined, RefUpdate[], string | undefined]>([
    ["main", undefined, [push("refs/heads/main", a)], "main"],
    ["master", undefined, [push("refs/heads/master")], "master"],
    ["main before master", undefined, [push("refs/heads/master"), push("refs/heads/main")], "main"],
    ["the app's own branch", "release", [push("refs/heads/main"), push("refs/heads/release")], "release"],
    ["nothing of another branch", undefined, [push("refs/heads/feature/x")], undefined],
    ["nothing of a tag", undefined, [push("refs/tags/main")], undefined],
  ])("deploys %s", (_name, branch, updates, deployed) => {
    const ref = deployed === undefined ? undefined : `refs/heads/${deployed}`;
    expect(planPush("hello", branch, updates).deploy?.ref).toBe(ref);
  });

  it("says what is stored, and how to deploy it", () => {
    const updates = [
      push("refs/heads/x"),
      push("refs/tags/v1"),
      push("refs/notes/n"),
      push("refs/heads/main"),
    ];
    expect(planPush("hello", undefined, updates).notes).toEqual([
      "Branch x is stored and not deployed. To deploy it: git push nagi x:main",
      "Tag v1 is stored and not deployed. To deploy it: git push nagi v1^{}:refs/heads/main",
      "refs/notes/n is stored. hello is deployed from branch main.",
    ]);
  });

  it("deploys what is pushed of a directory", () => {
    expect(planPush("hello", "live", [push("refs/nagi/directory", a)]).deploy).toEqual({
      ref: "refs/nagi/directory",
      commit: b,
      old: a,
    });
  });

  it("refuses an option that it does not know", () => {
    expect(pushOptionsOf(["no-wait", "force"])).toEqual({
      noWait: true,
      force: true,
      noCache: false,
      hold: false,
    });
    expect(pushOptionsOf(["nowait"])).toBe(
      'there is no push option "nowait"; the options: no-wait, force, no-cache, hold',
    );
  });

  it("refuses to delete the branch that is deployed, and no other", () => {
    expect(planPush("hello", undefined, [{ ref: "refs/heads/main", old: a }]).refusal).toContain(
      "cannot be deleted",
    );
    expect(planPush("hello", undefined, [{ ref: "refs/heads/x", old: a }])).toEqual({ notes: [] });
    expect(planPush("hello", "live", [{ ref: "refs/heads/main", old: a }])).toEqual({ notes: [] });
  });
});

describe("parseCall", () => {
  it("reads what a hook tells", () => {
    const zero = "0".repeat(40);
    const lines = ["pre-receive", "objects /q", "alternates /o", `update ${zero} ${b} refs/heads/main`];
    lines.push("option no-wait");
    expect(parseCall(lines)).toEqual({
      hook: "pre-receive",
      updates: [{ old: undefined, new: b, ref: "refs/heads/main" }],
      options: ["no-wait"],
      environment: { GIT_OBJECT_DIRECTORY: "/q", GIT_ALTERNATE_OBJECT_DIRECTORIES: "/o" },
    });
  });

  it("knows no other hook", () => expect(parseCall(["update"])).toBeUndefined());
});
