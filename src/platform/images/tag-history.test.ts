import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { historyLimit, outputTag, tagsWith } from "./tag-history.ts";

function built(number: number, status: Partial<BuildStatus> = {}, name = "app:latest"): Build {
  const time = new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();
  return newObject<Build>(
    buildKind,
    { name: `app-${number}`, namespace: "default" },
    {
      spec: { strategy: { type: "Nagi" }, output: { to: { kind: "ImageStreamTag", name } } },
      status: {
        phase: "Complete",
        completionTimestamp: time,
        outputDockerImageReference: `127.0.0.1:5000/default/app:app-${number}`,
        output: { to: { imageDigest: `sha256:${number}` } },
        ...status,
      },
    },
  );
}

describe("tagsWith", () => {
  it("puts the newest first, by digest, and does it once", () => {
    const tags = tagsWith([], "app", [built(1), built(2)]);
    expect(tags).toMatchObject([
      {
        tag: "latest",
        items: [
          { image: "sha256:2", dockerImageReference: "127.0.0.1:5000/default/app@sha256:2" },
          { image: "sha256:1" },
        ],
      },
    ]);
    expect(tagsWith(tags, "app", [built(2), built(1)])).toEqual(tags);
  });

  it("remembers what builds that are gone have made, up to the limit", () => {
    const earlier = tagsWith([], "app", [built(1)]);
    expect(tagsWith(earlier, "app", [built(2)])[0]?.items.length).toBe(2);
    const many = Array.from({ length: historyLimit + 5 }, (_, index) => built(index));
    const tags = tagsWith([], "app", many);
    expect(tags[0]?.items.length).toBe(historyLimit);
    expect(tagsWith(tags, "app", many)).toEqual(tags);
  });

  it("takes nothing of builds that are not complete or write elsewhere", () => {
    expect(tagsWith([], "app", [built(1, { phase: "Failed" }), built(2, {}, "other:latest")])).toEqual([]);
  });
});

describe("outputTag", () => {
  it.each([
    ["app:v1", { stream: "app", tag: "v1" }],
    ["app", { stream: "app", tag: "latest" }],
    ["", undefined],
  ])("%j", (name, expected) => expect(outputTag(built(1, {}, name))).toEqual(expected));
});
