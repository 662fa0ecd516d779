import { describe, expect, it } from "vitest";
import { canonicalGitUrl, checkGitUrl, parseGitUrl, resolveGitUrl, shownGitUrl } from "./git-url.ts";

describe("parseGitUrl", () => {
  it.each([
    ["https://Git.test/team/shop.git", { scheme: "https", host: "git.test", path: "team/shop" }],
    [
      "http://ann@git.test:3000/team/shop/",
      { scheme: "http", user: "ann", host: "git.test:3000", path: "team/shop" },
    ],
    [
      "ssh://git@git.test:2222/team/shop.git",
      { scheme: "ssh", user: "git", host: "git.test:2222", path: "team/shop" },
    ],
    ["git@git.test:team/shop.git", { scheme: "ssh", user: "git", host: "git.test", path: "team/shop" }],
    ["git.test:/srv/shop", { scheme: "ssh", host: "git.test", path: "srv/shop" }],
  ])("reads %s", (text, expected) => expect(parseGitUrl(text)).toEqual(expected));

  it.each([
    "file:///srv/shop",
    "/srv/shop",
    "ext::sh -c id",
    "-oProxyCommand=x:y",
    "ssh://-oX/y",
    "git@git.test:-x",
    "https://",
  ])("does not take %s", (text) => expect(parseGitUrl(text)).toBeUndefined());
});

it("takes no password in an address, and shows none", () => {
  expect(checkGitUrl("https://ann:hunter2@git.test/x")).toContain("must hold no password");
  expect(shownGitUrl("https://ann:hunter2@git.test/x")).toBe("https://ann:***@git.test/x");
  expect(shownGitUrl("https://ann:p@ss@git.test/x")).toBe("https://ann:***@git.test/x");
  expect(checkGitUrl("https://ann@git.test/x")).toBeUndefined();
});

it("gives the forms of one repository one text", () => {
  expect(canonicalGitUrl("git@git.test:team/shop.git")).toBe("ssh://git@git.test/team/shop");
  expect(canonicalGitUrl("ssh://git@git.test/team/shop/")).toBe("ssh://git@git.test/team/shop");
});

it.each([
  ["../lib.git", "https://git.test/team/shop.git", "https://git.test/team/lib.git"],
  ["../../other/lib", "git@git.test:team/shop.git", "git@git.test:other/lib"],
  ["./lib", "ssh://git@git.test:22/team/shop", "ssh://git@git.test:22/team/shop/lib"],
  ["https://else.test/x", "https://git.test/team/shop", "https://else.test/x"],
])("reads %s in a repository at %s", (url, parent, expected) =>
  expect(resolveGitUrl(url, parent)).toBe(expected),
);
