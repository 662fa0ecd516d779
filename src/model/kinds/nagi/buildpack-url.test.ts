import { describe, expect, it } from "vitest";
import { checkBuildpack, placeOfBuildpack, type BuildpackPlace } from "./buildpack-url.ts";

describe("where a buildpack comes from", () => {
  it.each<[string, BuildpackPlace]>([
    ["https://git.test/pack.git", { kind: "git", url: "https://git.test/pack.git", ref: undefined }],
    ["http://git.test/pack#v1.2", { kind: "git", url: "http://git.test/pack", ref: "v1.2" }],
    [
      "https://git.test/pack/archive/main.tar.gz",
      { kind: "archive", url: "https://git.test/pack/archive/main.tar.gz" },
    ],
    ["https://files.test/pack.tgz?token=a", { kind: "archive", url: "https://files.test/pack.tgz?token=a" }],
    [
      "heroku/ruby",
      { kind: "archive", url: "https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/ruby.tgz" },
    ],
    ["git@git.test:team/pack.git#v1", { kind: "git", url: "git@git.test:team/pack.git", ref: "v1" }],
    ["./buildpacks/own/", { kind: "directory", path: "buildpacks/own" }],
    ["own", { kind: "directory", path: "own" }],
  ])("%s", (given, place) => {
    expect(placeOfBuildpack(given)).toEqual(place);
  });

  it.each<[string, string]>([
    ["", "must be an address or a directory"],
    ["a b", "without spaces"],
    ["file:///etc", "must begin with https://, http:// or ssh://, or be a directory"],
    ["https://me:secret@git.test/pack", "must hold no password"],
    ["../other", "must be a directory below the root"],
    ["/etc", "must be a directory below the root"],
    ["https://git.test/pack#--upload-pack=x", "must have the name of a branch or tag"],
    ["https://git.test/pack#", "must have the name of a branch or tag"],
    ["https://[", "must begin with https://"],
  ])("refuses %j", (given, problem) => {
    expect(checkBuildpack(given)).toContain(problem);
  });
});
