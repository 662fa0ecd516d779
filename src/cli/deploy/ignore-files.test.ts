import { expect, it } from "vitest";
import { excludes } from "./ignore-files.ts";

const of = (files: Readonly<Record<string, string>>): string[] =>
  excludes((name) => files[name])
    .trim()
    .split("\n")
    .slice(4);

it("takes .slugignore as it is", () => {
  expect(of({ ".slugignore": "*.psd\n/docs" })).toEqual(["*.psd", "/docs"]);
});

it("anchors .dockerignore at the top, where a Dockerfile is built", () => {
  const ignored = "# tools\nnode_modules\n./tmp/\n**/*.log\nDockerfile\n";
  expect(of({ ".dockerignore": ignored, Dockerfile: "FROM x" })).toEqual([
    "",
    "/node_modules",
    "/tmp/",
    "**/*.log",
    "/Dockerfile",
    "!/Dockerfile",
    "!/Containerfile",
    "!/.dockerignore",
  ]);
  expect(of({ ".dockerignore": ignored })).toEqual([]);
});

it("leaves a .dockerignore with exceptions to the build", () => {
  expect(of({ ".dockerignore": "*\n!src/a.js", Containerfile: "" })).toEqual([]);
});
