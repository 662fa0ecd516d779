/** Payloads in the shapes that the forges document, cut down to what is read and a little more. */

import { describe, expect, it } from "vitest";
import type { HookEvent } from "./event.ts";
import { providers, type ProviderName } from "./providers.ts";
import { signatureOf } from "./request.ts";
import { pingRequest } from "./sample.ts";

const before = "1".repeat(40);
const after = "2".repeat(40);
const zeros = "0".repeat(40);

function request(headers: Record<string, string>, body: unknown) {
  return { headers, body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) };
}
function read(provider: ProviderName, headers: Record<string, string>, body: unknown): HookEvent {
  return providers[provider].read(request(headers, body));
}

describe("signatures", () => {
  it("are as in GitHub's documentation", () => {
    const headers = {
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    const genuine = (secret: string, body = "Hello, World!", given = headers) =>
      providers.github.isGenuine(request(given, body), secret);
    expect(genuine("It's a Secret to Everybody")).toBe(true);
    expect(genuine("It's a Secret to Nobody")).toBe(false);
    expect(genuine("It's a Secret to Everybody", "Hello, World?")).toBe(false);
    expect(genuine("It's a Secret to Everybody", "Hello, World!", {} as never)).toBe(false);
  });

  it.each(["github", "gitlab", "gitea", "bitbucket", "generic"] as const)(
    "of %s are taken and refused",
    (name) => {
      const { headers, body } = pingRequest(name, "right", "id");
      expect(providers[name].isGenuine(request(headers, body), "right")).toBe(true);
      expect(providers[name].isGenuine(request(headers, body), "wrong")).toBe(false);
      expect(providers[name].isGenuine(request({}, body), "right")).toBe(false);
      expect(providers[name].read(request(headers, body))).toMatchObject({ kind: "Ping", id: "id" });
    },
  );

  it("with an empty secret are never right", () => {
    for (const provider of Object.values(providers)) {
      const empty = signatureOf(Buffer.from(""), "");
      const headers = {
        "x-gitlab-token": "",
        "x-nagi-token": "",
        "x-hub-signature-256": empty,
        "x-hub-signature": empty,
        "x-gitea-signature": empty,
      };
      expect(provider.isGenuine(request(headers, ""), "")).toBe(false);
    }
  });

  it("of the generic kind may be a bearer token or a signature of the body", () => {
    const genuine = (headers: Record<string, string>) =>
      providers.generic.isGenuine(request(headers, "x"), "s3cret");
    expect(genuine({ authorization: "Bearer s3cret" })).toBe(true);
    expect(genuine({ "x-nagi-signature": `sha256=${signatureOf(Buffer.from("x"), "s3cret")}` })).toBe(true);
    expect(
      genuine({ "x-nagi-token": "no", "x-nagi-signature": signatureOf(Buffer.from("x"), "s3cret") }),
    ).toBe(false);
  });
});

const githubPush = {
  ref: "refs/heads/main",
  before,
  after,
  created: false,
  deleted: false,
  forced: false,
  head_commit: {
    id: after,
    message: "Mend\n\nmore",
    author: { name: "Ann", email: "ann@test", username: "ann" },
  },
  commits: [
    { id: "3".repeat(40), message: "One", added: ["docs/a.md"], removed: [], modified: [] },
    { id: after, message: "Mend", added: [], removed: ["old.js"], modified: ["docs/a.md", "web/app.js"] },
  ],
  pusher: { name: "ann", email: "ann@test" },
  sender: { login: "ann" },
  repository: { full_name: "team/shop", default_branch: "main" },
};

describe("github", () => {
  const headers = {
    "x-github-event": "push",
    "x-github-delivery": "d-1",
    "content-type": "application/json",
  };
  const expected: HookEvent = {
    kind: "Push",
    event: "push",
    id: "d-1",
    ref: "refs/heads/main",
    commit: after,
    before,
    deleted: false,
    message: "Mend\n\nmore",
    author: { name: "Ann", email: "ann@test" },
    sender: "ann",
    repository: "team/shop",
    defaultBranch: "main",
    changedFiles: ["docs/a.md", "old.js", "web/app.js"],
  };

  it("tells of a push, as JSON and as a form", () => {
    expect(read("github", headers, githubPush)).toEqual(expected);
    const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ payload: JSON.stringify(githubPush) }).toString();
    expect(read("github", form, body)).toEqual(expected);
  });

  it("does not tell all files of a new or rewritten branch", () => {
    expect(
      read("github", headers, { ...githubPush, before: zeros, created: true }).changedFiles,
    ).toBeUndefined();
    expect(read("github", headers, { ...githubPush, forced: true }).changedFiles).toBeUndefined();
    const many = { ...githubPush.commits[0], added: Array.from({ length: 301 }, (_, index) => `f${index}`) };
    expect(read("github", headers, { ...githubPush, commits: [many] }).changedFiles).toBeUndefined();
  });

  it("tells of tags, deletions and other things", () => {
    const annotated = {
      ...githubPush,
      ref: "refs/tags/v1",
      before: zeros,
      after: "4".repeat(40),
      created: true,
    };
    expect(read("github", headers, annotated)).toMatchObject({ kind: "Tag", commit: after });
    const fork = {
      action: "opened",
      number: 1,
      pull_request: { head: { repo: { fork: true }, sha: after } },
    };
    expect(read("github", { ...headers, "x-github-event": "pull_request" }, fork).kind).toBe("Other");
    expect(
      read("github", headers, { ...githubPush, after: zeros, deleted: true, head_commit: null }),
    ).toMatchObject({
      deleted: true,
    });
    expect(read("github", { ...headers, "x-github-event": "issues" }, {})).toMatchObject({
      kind: "Other",
      event: "issues",
    });
  });

  it.each(["", "nonsense", "[]", "null", "1"])("refuses the body %j", (body) => {
    expect(() => read("github", headers, body)).toThrow(/the body is no JSON/);
  });
});

describe("gitea", () => {
  it("tells what GitHub tells, with names of its own, and how many commits there are", () => {
    const headers = { "x-gitea-event": "push", "x-gitea-delivery": "g-1", "x-github-event": "push" };
    const body = { ...githubPush, total_commits: 2 };
    expect(read("gitea", headers, body)).toMatchObject({ kind: "Push", id: "g-1", commit: after });
    expect(read("gitea", headers, body).changedFiles).toHaveLength(3);
    expect(read("gitea", headers, { ...body, total_commits: 30 }).changedFiles).toBeUndefined();
  });
});

describe("gitlab", () => {
  const push = {
    object_kind: "push",
    before,
    after,
    ref: "refs/heads/main",
    checkout_sha: after,
    user_username: "ann",
    user_name: "Ann A",
    project: { path_with_namespace: "team/shop", default_branch: "main" },
    commits: [
      {
        id: after,
        message: "Mend",
        author: { name: "Ann", email: "ann@test" },
        added: ["a"],
        modified: [],
        removed: [],
      },
    ],
    total_commits_count: 1,
  };
  const headers = { "x-gitlab-event": "Push Hook", "x-gitlab-event-uuid": "u-1", "idempotency-key": "i-1" };

  it("tells of a push", () => {
    expect(read("gitlab", headers, push)).toEqual({
      kind: "Push",
      event: "Push Hook",
      id: "i-1",
      ref: "refs/heads/main",
      commit: after,
      before,
      deleted: false,
      message: "Mend",
      author: { name: "Ann", email: "ann@test" },
      sender: "ann",
      repository: "team/shop",
      defaultBranch: "main",
      changedFiles: ["a"],
    });
  });

  it("tells of a tag and of a deleted branch, and of twenty commits only", () => {
    const tag = { ...push, object_kind: "tag_push", ref: "refs/tags/v1", before: zeros };
    expect(read("gitlab", { "x-gitlab-event": "Tag Push Hook" }, tag)).toMatchObject({
      kind: "Tag",
      commit: after,
    });
    expect(read("gitlab", headers, { ...push, after: zeros, checkout_sha: null, commits: [] })).toMatchObject(
      {
        deleted: true,
        commit: undefined,
      },
    );
    expect(read("gitlab", headers, { ...push, total_commits_count: 25 }).changedFiles).toBeUndefined();
    expect(read("gitlab", { "x-gitlab-event": "Issue Hook" }, {}).kind).toBe("Other");
  });
});

describe("bitbucket", () => {
  const headers = { "x-event-key": "repo:push", "x-request-uuid": "b-1" };
  const target = { hash: after, message: "Mend\n", author: { raw: "Ann <ann@test>" } };
  const change = {
    new: { type: "branch", name: "main", target },
    old: { type: "branch", name: "main", target: { hash: before } },
  };

  it("tells of a push and of a deletion", () => {
    const body = {
      push: { changes: [change] },
      repository: { full_name: "team/shop" },
      actor: { nickname: "ann" },
    };
    expect(read("bitbucket", headers, body)).toMatchObject({
      kind: "Push",
      id: "b-1",
      ref: "refs/heads/main",
      commit: after,
      before,
      deleted: false,
      author: { name: "Ann", email: "ann@test" },
    });
    const gone = { push: { changes: [{ new: null, old: change.old }] } };
    expect(read("bitbucket", headers, gone)).toMatchObject({ ref: "refs/heads/main", deleted: true });
  });
});

describe("generic", () => {
  it("says what is to be built, or nothing", () => {
    expect(read("generic", {}, "")).toMatchObject({
      kind: "Push",
      ref: undefined,
      commit: undefined,
      env: [],
    });
    const body = { git: { ref: "dev", commit: after, message: "Mend" }, env: [{ name: "A", value: "b" }] };
    expect(read("generic", {}, body)).toMatchObject({
      ref: "refs/heads/dev",
      commit: after,
      env: [{ name: "A", value: "b" }],
    });
    const yaml = "git:\n  ref: refs/tags/v1\n";
    expect(read("generic", { "content-type": "application/yaml" }, yaml)).toMatchObject({
      kind: "Tag",
      ref: "refs/tags/v1",
    });
  });

  it("refuses what could not be built", () => {
    expect(() => read("generic", {}, { git: { commit: "abc" } })).toThrow(/git.commit is "abc"/);
    expect(() => read("generic", {}, { env: [{ name: "A B", value: "" }] })).toThrow(
      /env has the name "A B"/,
    );
  });
});
