import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { newObject } from "../../model/kind.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { usersOfBuilds } from "./image-users.ts";
import type { RegistryContents, StoredImage, StoredRepository } from "../../lib/registry-contents.ts";
import { planRetention, type RetentionInput } from "./retention.ts";

const registryAddress = "127.0.0.1:5000";
const nowMs = Date.parse("2026-02-01T00:00:00Z");
const oldMs = nowMs - 10 * 24 * 3600_000;
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const at = (letter: string, repository = "default/shop"): string =>
  `${registryAddress}/${repository}@${digest(letter)}`;

function image(letter: string, rest: Partial<StoredImage> = {}): StoredImage {
  const blobs = [
    { digest: digest(letter), bytes: 1 },
    { digest: `layer-${letter}`, bytes: 10 },
    { digest: "layer-shared", bytes: 100 },
  ];
  return { digest: digest(letter), atMs: oldMs, children: [], blobs, ...rest };
}

type Tagged = readonly [tag: string, letter: string, atMs?: number];

function repository(
  name: string,
  images: readonly StoredImage[],
  tags: readonly Tagged[] = [],
): StoredRepository {
  return {
    name,
    images,
    tags: tags.map(([tag, letter, atMs = oldMs]) => ({ tag, digest: digest(letter), atMs })),
  };
}

function contents(...repositories: StoredRepository[]): RegistryContents {
  const blobs = repositories.flatMap(({ images }) => images.flatMap((each) => each.blobs));
  return { repositories, blobs: new Map(blobs.map((blob) => [blob.digest, blob.bytes])) };
}

function stream(name: string, tags: Readonly<Record<string, string>>): ImageStream {
  const status = {
    tags: Object.entries(tags).map(([tag, letters]) => ({
      tag,
      items: letters.split("").map((letter, index) => ({
        created: new Date(oldMs - index * 1000).toISOString(),
        image: digest(letter),
        dockerImageReference: at(letter, `default/${name}`),
        generation: 1,
      })),
    })),
  };
  return newObject<ImageStream>(imageStream, { namespace: "default", name }, { status });
}

function plan(given: Partial<RetentionInput>) {
  return planRetention({
    registryAddress,
    nowMs,
    policy: { keepYoungerThanSeconds: 3600, keepTagRevisions: 2 },
    contents: contents(),
    streams: [],
    users: [],
    ...given,
  });
}

/** By the letter of each image. */
function verdicts(given: Partial<RetentionInput>): Record<string, string> {
  const { images } = plan(given);
  return Object.fromEntries(images.map((each) => [each.digest[7], each.keptBecause.join(", ") || "goes"]));
}

const abcd = ["a", "b", "c", "d"].map((letter) => image(letter));

describe("an image stays", () => {
  it("for a tag, and for as much of its history as is kept", () => {
    const given = {
      contents: contents(repository("default/shop", abcd)),
      streams: [stream("shop", { prod: "abc" })],
    };
    expect(verdicts(given)).toEqual({
      a: "tag shop:prod",
      b: "history of shop:prod",
      c: "goes",
      d: "goes",
    });
    expect(plan(given).forgotten.map((item) => [item.tag, item.image])).toEqual([["prod", digest("c")]]);
  });

  it("for whoever names it by digest, by tag, or noted its digest", () => {
    const users = [
      { image: at("a"), why: "pod x" },
      { image: `${registryAddress}/default/shop:shop-1-0123abcd`, why: "release shop v1" },
      { image: `${registryAddress}/default/shop:gone`, digest: digest("c"), why: "release shop v2 (live)" },
      { image: "registry.example.com/default/shop:latest", why: "pod of elsewhere" },
    ];
    const repositories = contents(repository("default/shop", abcd, [["shop-1-0123abcd", "b"]]));
    expect(verdicts({ contents: repositories, users, streams: [stream("shop", {})] })).toEqual({
      a: "pod x",
      b: "release shop v1",
      c: "release shop v2 (live)",
      d: "goes",
    });
  });

  it("for a release, however far back in a tag's history it is", () => {
    const users = [{ image: at("d"), why: "release shop v1" }];
    const given = {
      contents: contents(repository("default/shop", abcd)),
      streams: [stream("shop", { prod: "abcd" })],
      users,
    };
    expect(verdicts(given)["d"]).toBe("release shop v1");
    expect(plan(given).forgotten.map((item) => item.image)).toEqual([digest("c")]);
  });

  it("in the other stream that a tag points into", () => {
    const source = repository("default/shop", [image("a")]);
    const tags = [
      {
        tag: "prod",
        items: [
          {
            created: new Date(oldMs).toISOString(),
            image: digest("a"),
            dockerImageReference: at("a"),
            generation: 1,
          },
        ],
      },
    ];
    const copy = newObject<ImageStream>(
      imageStream,
      { namespace: "default", name: "copy" },
      { status: { tags } },
    );
    const both = contents(source, repository("default/copy", [image("a")]));
    const { images } = plan({ contents: both, streams: [stream("shop", {}), copy] });
    expect(images.map((each) => [each.repository, each.keptBecause])).toEqual([
      ["default/shop", ["tag copy:prod"]],
      ["default/copy", ["tag copy:prod"]],
    ]);
  });

  it("when it or its tag was pushed a short while ago, whoever knows of it", () => {
    const fresh = image("a", { atMs: nowMs - 1000 });
    const repositories = contents(
      repository("default/new", [fresh, image("b"), image("c")], [["x", "b", nowMs - 1000]]),
    );
    expect(verdicts({ contents: repositories })).toEqual({
      a: "pushed a short while ago",
      b: "pushed a short while ago",
      c: "goes",
    });
  });

  it("for a tag that its stream has not seen yet, not for the tag of a build", () => {
    const tags: Tagged[] = [
      ["next", "a"],
      ["shop-1-0123abcd", "b"],
    ];
    const given = {
      contents: contents(repository("default/shop", [image("a"), image("b")], tags)),
      streams: [stream("shop", {})],
    };
    expect(verdicts(given)).toEqual({ a: "tag next of the registry", b: "goes" });
    expect(plan(given).tags).toEqual([{ repository: "default/shop", tag: "shop-1-0123abcd" }]);
  });

  it("as a part of an image for several architectures", () => {
    const index = image("a", { children: [digest("b")] });
    const given = {
      contents: contents(repository("default/shop", [index, image("b"), image("c")])),
      users: [{ image: at("a"), why: "pod x" }],
    };
    expect(verdicts(given)).toEqual({ a: "pod x", b: "part of aaaaaaaaaaaa", c: "goes" });
  });
});

it("what belonged to a stream that is gone goes, tags and all", () => {
  const repositories = contents(repository("default/gone", [image("a")], [["latest", "a"]]));
  const { images, tags, freedBytes, totalBytes } = plan({ contents: repositories });
  expect(images[0]?.keptBecause).toEqual([]);
  expect(tags).toEqual([{ repository: "default/gone", tag: "latest" }]);
  expect([freedBytes, totalBytes]).toEqual([111, 111]);
});

it("only what nobody shares is freed, with what no image has", () => {
  const all = contents(repository("default/shop", [image("a"), image("b")]));
  const blobs = new Map([...all.blobs, ["left over", 1000]]);
  const { freedBytes, totalBytes } = plan({
    contents: { ...all, blobs },
    users: [{ image: at("a"), why: "pod x" }],
  });
  expect([freedBytes, totalBytes]).toEqual([1011, 1122]);
});

it("nothing outside of what was asked for goes", () => {
  const all = contents(repository("default/shop", [image("a")]), repository("other/shop", [image("b")]));
  const { images } = plan({ contents: all, isInScope: (name) => name.startsWith("other/") });
  expect(images.map((each) => each.repository)).toEqual(["other/shop"]);
});

it("what is needed never goes, and what stays has all that it consists of", () => {
  const letters = fc.constantFrom("a", "b", "c", "d", "e", "f");
  fc.assert(
    fc.property(fc.uniqueArray(letters), fc.array(letters), fc.array(letters), (there, used, history) => {
      const images = there.map((letter) => image(letter));
      const given = {
        contents: contents(repository("default/shop", images)),
        users: used.map((letter) => ({ image: at(letter), why: "pod" })),
        streams: [stream("shop", { prod: [...new Set(history)].join("") })],
      };
      const made = plan(given);
      const going = new Set(
        made.images.filter((each) => each.keptBecause.length === 0).map((each) => each.digest),
      );
      const needed = [...used, ...[...new Set(history)].slice(0, 2)].map(digest);
      expect(needed.filter((each) => going.has(each))).toEqual([]);
      for (const { image: forgotten } of made.forgotten) expect(needed).not.toContain(forgotten);
      const kept = images.filter((each) => !going.has(each.digest));
      const keptBytes = new Map(kept.flatMap((each) => each.blobs.map((blob) => [blob.digest, blob.bytes])));
      const left = [...keptBytes.values()].reduce((total, bytes) => total + bytes, 0);
      expect(made.totalBytes - made.freedBytes).toBe(left);
    }),
  );
});

it("the newest complete builds of each app are kept", () => {
  const built = (name: string, app: string, day: number, phase = "Complete"): Build =>
    newObject<Build>(build, { namespace: "default", name, labels: { "nagi.dev/app": app } }, {
      spec: {},
      status: {
        phase,
        completionTimestamp: `2026-01-0${day}T00:00:00Z`,
        outputDockerImageReference: `${registryAddress}/default/${app}:${name}`,
      },
    } as never);
  const builds = [
    built("a-1", "a", 1),
    built("a-3", "a", 3),
    built("a-2", "a", 2),
    built("a-4", "a", 4, "Failed"),
    built("b-1", "b", 1),
  ];
  expect(usersOfBuilds(builds, 2).map(({ why }) => why)).toEqual(["build a-3", "build a-2", "build b-1"]);
});
