import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import {
  release as releaseKind,
  type Release,
  type ReleaseStatus,
} from "../../model/kinds/nagi/release/release.ts";
import { commitStatusOf, statusRequest, type StatusTarget } from "./commit-status.ts";

const build = (status: BuildStatus): Build => ({
  ...newObject<Build>(buildKind, { name: "shop-2" }, { spec: { strategy: { type: "Nagi" } } }),
  status,
});
const release = (from: string, status: ReleaseStatus): Release => ({
  ...newObject<Release>(
    releaseKind,
    { name: "shop-v3" },
    { spec: { app: "shop", version: 3, image: "i", processes: {}, configSecret: "c", build: from } },
  ),
  status,
});
const complete = build({ phase: "Complete" });

describe("commitStatusOf", () => {
  it.each([
    [build({ phase: "New" }), [], "pending", "shop-2 waits to be built"],
    [build({ phase: "Running" }), [], "pending", "shop-2 is being built"],
    [
      build({ phase: "Failed", message: "npm ci failed\nmore" }),
      [],
      "failure",
      "shop-2 failed: npm ci failed",
    ],
    [build({ phase: "Error", message: "gone" }), [], "error", "shop-2: gone"],
    [build({ phase: "Cancelled" }), [], "error", "shop-2 was cancelled"],
    [complete, [], "pending", "shop-2 is built, and is being released"],
    [complete, [release("shop-2", { phase: "Deploying" })], "pending", "v3 is being released"],
    [complete, [release("shop-2", { phase: "Live" })], "success", "v3 is live"],
    [complete, [release("shop-2", { phase: "Failed", message: "no port" })], "failure", "v3 failed: no port"],
    [
      complete,
      [release("shop-3", { phase: "Live" })],
      "success",
      "shop-2 is built, and was overtaken by a newer one",
    ],
  ] as const)("%#", (given, releases, state, description) => {
    expect(commitStatusOf(given, releases, true)).toEqual({ state, description });
  });

  it("is done with the build where another app releases it", () => {
    expect(commitStatusOf(complete, [], false)).toEqual({ state: "success", description: "shop-2 is built" });
  });

  it("is no longer than forges take", () => {
    const { description } = commitStatusOf(build({ phase: "Failed", message: "x".repeat(500) }), [], true);
    expect(description).toHaveLength(140);
  });
});

describe("statusRequest", () => {
  const target: StatusTarget = {
    provider: "github",
    gitUrl: "https://github.com/team/shop.git",
    context: "nagi/shop",
    targetUrl: "http://shop.test",
  };
  const ask = (more: Partial<StatusTarget>) =>
    statusRequest(
      { ...target, ...more },
      { commit: "abc", token: "t0" },
      { state: "error", description: "why" },
    );

  it.each([
    [{}, "https://api.github.com/repos/team/shop/statuses/abc"],
    [
      { gitUrl: "git@git.corp.test:team/shop.git" },
      "https://git.corp.test/api/v3/repos/team/shop/statuses/abc",
    ],
    [{ apiUrl: "https://api.corp.test/x/" }, "https://api.corp.test/x/repos/team/shop/statuses/abc"],
    [
      { provider: "gitlab", gitUrl: "https://gitlab.com/a/b/shop" },
      "https://gitlab.com/api/v4/projects/a%2Fb%2Fshop/statuses/abc",
    ],
    [
      { provider: "gitea", gitUrl: "http://git.test:3000/team/shop" },
      "http://git.test:3000/api/v1/repos/team/shop/statuses/abc",
    ],
    [{ provider: "gitea", repository: "other/x" }, "https://github.com/api/v1/repos/other/x/statuses/abc"],
    [
      { provider: "bitbucket" },
      "https://api.bitbucket.org/2.0/repositories/team/shop/commit/abc/statuses/build",
    ],
  ] as const)("%j goes to %s", (more, url) => expect(ask(more)?.url).toBe(url));

  it("speaks each forge's words", () => {
    expect(ask({})).toMatchObject({
      headers: { authorization: "Bearer t0" },
      body: { state: "error", context: "nagi/shop", target_url: "http://shop.test", description: "why" },
    });
    expect(ask({ provider: "gitlab" })).toMatchObject({
      headers: { "private-token": "t0" },
      body: { state: "canceled", name: "nagi/shop" },
    });
    expect(ask({ provider: "gitea" })?.headers["authorization"]).toBe("token t0");
    expect(ask({ provider: "bitbucket" })?.body).toMatchObject({ state: "STOPPED", key: "nagi/shop" });
    expect(ask({ provider: "generic" })).toBeUndefined();
  });
});
