import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { SpecTag } from "../../model/kinds/image/tag-items.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { graphAround, imageGraph, releasedBy, type GraphInput } from "./graph.ts";
import { graphSvg } from "./graph-svg.ts";
import { graphTree, moveLines } from "./graph-tree.ts";

const nowMs = Date.parse("2026-01-01T01:00:00Z");
const created = "2026-01-01T00:00:00Z";
const namespace = "default";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

function stream(name: string, pointing: Readonly<Record<string, string>>, tags: SpecTag[] = []): ImageStream {
  const status = {
    tags: Object.entries(pointing).map(([tag, letter]) => ({
      tag,
      items: [
        {
          created,
          image: digest(letter),
          dockerImageReference: `r/${name}@${digest(letter)}`,
          generation: 1,
        },
      ],
    })),
  };
  return newObject<ImageStream>(imageStream, { namespace, name }, { spec: { tags }, status });
}

const from = (name: string, kind: string, source: string, rest: Partial<SpecTag> = {}): SpecTag => ({
  name,
  from: { kind, name: source },
  ...rest,
});

function anApp(name: string, spec: App["spec"], live?: string): App {
  const status = live === undefined ? {} : { currentRelease: `${name}-${live}` };
  return newObject<App>(app, { namespace, name }, { spec, status });
}

function released(name: string, version: number, phase: "Live" | "Failed", letter = "a"): Release {
  const spec = {
    app: name,
    version,
    image: `r/shop@${digest(letter)}`,
    imageDigest: digest(letter),
    processes: {},
    configSecret: "x",
  };
  return newObject<Release>(release, { namespace, name: `${name}-v${version}` }, { spec, status: { phase } });
}

const built = newObject<Build>(build, { namespace, name: "shop-7", labels: { "nagi.dev/app": "shop" } }, {
  spec: {
    output: { to: { kind: "ImageStreamTag", name: "shop:latest" } },
    revision: { git: { commit: "1a2b3c4d5e" } },
  },
  status: { phase: "Complete", completionTimestamp: created, detected: { platform: "nodejs" } },
} as never);

function graph(given: Partial<GraphInput>) {
  return imageGraph({ streams: [], builds: [], apps: [], releases: [], nowMs, ...given });
}

const shop = graph({
  streams: [
    stream("shop", { latest: "a", staging: "a", prod: "b" }, [
      from("staging", "ImageStreamTag", "shop:latest"),
    ]),
    stream("base", { "1": "c" }, [
      from("1", "DockerImage", "registry.test/base:1", {
        importPolicy: { scheduled: true, intervalSeconds: 60 },
      }),
    ]),
  ],
  builds: [built],
  apps: [
    anApp("shop-staging", { imageStreamTag: "shop:staging" }, "v3"),
    anApp("shop-prod", { imageStreamTag: "shop:prod" }, "v1"),
    anApp("lonely", {}),
  ],
  releases: [
    released("shop-staging", 3, "Live"),
    released("shop-staging", 4, "Failed"),
    released("shop-prod", 1, "Live"),
  ],
});

describe("the tree", () => {
  it("shows who follows whom, and what is live", () => {
    expect(graphTree(shop).split("\n")).toEqual([
      "shop:prod: bbbbbbbbbbbb, 60m ago",
      "└──▶ (releases) app shop-prod: v1 live, not what shop:prod points at",
      "registry.test/base:1: of another registry",
      "└──▶ (imported every 60s) base:1: cccccccccccc, 60m ago",
      "nodejs: platform",
      "└╌╌▷ (is the base of) builds of shop: shop-7 of 1a2b3c4, 60m ago",
      "    └──▶ (pushes to) shop:latest: aaaaaaaaaaaa, 60m ago",
      "        └──▶ (follows) shop:staging: aaaaaaaaaaaa, 60m ago",
      "            └──▶ (releases) app shop-staging: v3 live, v4 failed",
      "app lonely: nothing is released yet",
    ]);
  });

  it("says what a move would release, through tags that follow", () => {
    expect(releasedBy(shop, "tag shop:latest")).toEqual(["shop-staging"]);
    expect(moveLines(shop)).toContain("When shop:prod moves, it is released to shop-prod.");
  });

  it("draws a circle once, and what is only named as missing", () => {
    const circle = graph({
      streams: [
        stream("a", { x: "a" }, [from("x", "ImageStreamTag", "b:x")]),
        stream("b", { x: "a" }, [from("x", "ImageStreamTag", "a:x")]),
        stream("c", {}, [from("x", "ImageStreamTag", "nowhere:x")]),
      ],
    });
    const text = graphTree(circle);
    expect(text).toContain("a:x: see above");
    expect(text).toContain("nowhere:x: is not there");
    expect(text).toContain("c:x: points nowhere yet");
    expect(graphSvg(circle)).toContain("nowhere:x");
  });
});

it("leads from the tag that points at an image to who runs it", () => {
  const repository = "registry.test/default/shop";
  const images = stream("shop", { latest: "a" }, []);
  const [list] = images.status?.tags ?? [];
  const pointed = `${repository}@${list?.items[0]?.image}`;
  const streams = [
    {
      ...images,
      status: {
        dockerImageRepository: repository,
        tags: [{ tag: "latest", items: [{ ...list?.items[0], dockerImageReference: pointed }] }],
      },
    } as typeof images,
  ];
  const apps = [anApp("now", { image: pointed }), anApp("once", { image: `${repository}@sha256:b` })];
  expect(graphTree(graph({ streams, apps })).split("\n")).toEqual([
    "shop:latest: aaaaaaaaaaaa, 60m ago",
    "└╌╌▷ (was deployed to) app now: nothing is released yet",
    "registry.test/default/shop@sha256:b: no tag points at it now",
    "└╌╌▷ (was deployed to) app once: nothing is released yet",
  ]);
});

it("around one name there is only what hangs together with it", () => {
  const titles = graphAround(shop, "shop-staging").nodes.map(({ title }) => title);
  expect(titles.toSorted()).toEqual([
    "builds of shop",
    "nodejs",
    "shop-staging",
    "shop:latest",
    "shop:staging",
  ]);
  expect(graphAround(shop, "nobody").nodes).toEqual([]);
});

describe("the picture", () => {
  const svg = graphSvg(shop);

  it("has every node once, origins to the left of what they lead to", () => {
    expect(svg.match(/<g class="node /g)).toHaveLength(shop.nodes.length);
    const place = (title: string): number => {
      const found = svg.split("\n").find((line) => line.includes(`<title>${title}: `)) ?? "";
      return Number(/translate\((\d+)/.exec(found)?.[1]);
    };
    const way = ["nodejs", "builds of shop", "shop:latest", "shop:staging", "shop-staging"].map(place);
    expect(way).toEqual(way.toSorted((a, b) => a - b));
    expect(new Set(way).size).toBe(way.length);
  });

  it("lays no box over another", () => {
    const boxes = [...svg.matchAll(/translate\(([\d.]+) ([\d.]+)\).*?width="(\d+)" height="(\d+)"/g)].map(
      (match) => match.slice(1).map(Number),
    );
    for (const [index, [x = 0, y = 0, width = 0, height = 0]] of boxes.entries())
      for (const [otherX = 0, otherY = 0] of boxes.slice(index + 1))
        expect(
          otherX >= x + width || x >= otherX + width || otherY >= y + height || y >= otherY + height,
        ).toBe(true);
  });

  it("takes names as text", () => {
    const hostile = graph({ apps: [anApp("x", { image: 'r/<script>"&' })] });
    expect(graphSvg(hostile)).toContain("r/&lt;script&gt;&quot;&amp;");
  });
});
