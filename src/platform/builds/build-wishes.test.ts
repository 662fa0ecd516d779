import { describe, expect, it } from "vitest";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { wantedOf } from "./build-wishes.ts";
import { recognise } from "./detect.ts";
import { sourceTreeOf } from "./source-tree.ts";

const build = { spec: { strategy: { type: "Nagi", nagiStrategy: {} } } } as unknown as Build;
const platform = { name: "compilers", image: "i", versions: {}, language: "buildpacks" };

describe("an app on a platform that is for buildpacks", () => {
  const found = (files: Record<string, string>): unknown =>
    recognise(sourceTreeOf(files), wantedOf(build, platform));

  it("is built with those that its source names", () => {
    const files = { ".buildpacks": "own\n", "own/bin/compile": "", Procfile: "web: x" };
    expect(found(files)).toMatchObject({ ok: true, buildpacks: { urls: ["own"] } });
  });

  it("is a Procfile's without any, and is told what it lacks", () => {
    expect(found({ Procfile: "web: x" })).toMatchObject({ ok: true, language: { name: "procfile" } });
    expect(found({ "index.html": "" })).toEqual({
      ok: false,
      message:
        "platform compilers, for an app that names no buildpacks (nagi buildpacks add), is for procfile, but the source has none of Procfile",
    });
  });
});
