/** Tags of image streams as objects of their own, and what is asked of streams; the platform's part is played here. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findCondition } from "../../../model/conditions.ts";
import { newObject } from "../../../model/kind.ts";
import { image } from "../../../model/kinds/image/image/image.ts";
import { imageStream, type ImageStream } from "../../../model/kinds/image/imagestream/imagestream.ts";
import { imageStreamImage } from "../../../model/kinds/image/imagestreamimage/imagestreamimage.ts";
import {
  imageStreamImport,
  type ImageStreamImport,
} from "../../../model/kinds/image/imagestreamimport/imagestreamimport.ts";
import {
  imageStreamTag,
  type ImageStreamTag,
} from "../../../model/kinds/image/imagestreamtag/imagestreamtag.ts";
import type { Tags } from "../../../model/kinds/image/tag-items.ts";
import { processedTemplate } from "../../../model/kinds/template/processedtemplate/processedtemplate.ts";
import type { Template } from "../../../model/kinds/template/template/template.ts";
import { StatusError } from "../../../model/status.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api[Symbol.asyncDispose]();
});

const namespace = "default";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const reference = (letter: string): string => `127.0.0.1:5000/default/shop@${digest(letter)}`;
const item = (letter: string) => ({
  created: "2026-01-01T00:00:00Z",
  image: digest(letter),
  dockerImageReference: reference(letter),
  generation: 1,
});

async function pointTags(name: string, tags: Tags): Promise<void> {
  const stream = await api.client.get(imageStream, { namespace, name });
  await api.client.update(
    imageStream,
    { ...stream, status: { ...stream.status, tags } },
    {
      subresource: "status",
    },
  );
}

function istag(name: string, from: object): ImageStreamTag {
  return newObject<ImageStreamTag>(imageStreamTag, { name, namespace }, { tag: { from } as never });
}

const streamNamed = (name: string): Promise<ImageStream> => api.client.get(imageStream, { namespace, name });

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof StatusError ? `${error.code} ${error.message}` : String(error);
}

beforeEach(async () => {
  await api.client.delete(imageStream, { namespace, name: "shop" }).catch(() => undefined);
  await api.client.create(imageStream, newObject<ImageStream>(imageStream, { namespace, name: "shop" }, {}));
  await pointTags("shop", [
    { tag: "latest", items: [item("b"), item("a")] },
    { tag: "gone", items: [], prunedBefore: "2026-01-01T00:00:00Z" },
  ]);
});

describe("a tag", () => {
  test("is seen as an object, with the columns of oc", async () => {
    const found = await api.client.get(imageStreamTag, { namespace, name: "shop:latest" });
    expect(found.image?.dockerImageReference).toBe(reference("b"));
    expect(found.image?.metadata?.name).toBe(digest("b"));
    const { items } = await api.client.list(imageStreamTag, { namespace });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["shop:latest"]);
    const table = await api.client.listTable(imageStreamTag, { namespace });
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(["Name", "Image Reference", "Updated"]);
    expect(table.rows[0]?.cells.slice(0, 2)).toEqual(["shop:latest", reference("b")]);
    expect(await refusal(api.client.get(imageStreamTag, { namespace, name: "shop:gone" }))).toBe(
      '404 imagestreamtags.image.openshift.io "shop:gone" not found',
    );
  });

  test("is created once, in a stream that is made when missing", async () => {
    const from = { kind: "ImageStreamImage", name: `shop@${digest("a")}` };
    await api.client.create(imageStreamTag, istag("fresh:prod", from));
    expect((await streamNamed("fresh")).spec?.tags).toEqual([{ name: "prod", from, generation: 1 }]);
    expect(await refusal(api.client.create(imageStreamTag, istag("fresh:prod", from)))).toContain(
      '409 imagestreamtags.image.openshift.io "fresh:prod" already exists',
    );
  });

  test("moves with each update that asks for it, and only then", async () => {
    const from = { kind: "ImageStreamTag", name: "shop:latest" };
    await api.client.update(imageStreamTag, istag("shop:prod", from));
    await api.client.update(imageStreamTag, istag("shop:prod", from));
    expect((await streamNamed("shop")).spec?.tags?.[0]?.generation).toBe(2);
    const read = await api.client.get(imageStreamTag, { namespace, name: "shop:prod" });
    const noted = { ...read, tag: { name: "prod", ...read.tag, annotations: { why: "test" } } };
    await api.client.update(imageStreamTag, noted);
    const [tag] = (await streamNamed("shop")).spec?.tags ?? [];
    expect(tag).toEqual({ name: "prod", from, generation: 2, annotations: { why: "test" } });
    expect(await refusal(api.client.update(imageStreamTag, noted))).toMatch(/^409 .*has been modified/);
  });

  test("can be patched when it is there", async () => {
    const body = { tag: { from: { kind: "ImageStreamTag", name: "shop:latest" } } };
    const patch = { type: "merge", body } as const;
    const absent = api.client.patch(imageStreamTag, { namespace, name: "shop:nope" }, patch);
    expect(await refusal(absent)).toMatch(/^404/);
    await api.client.patch(imageStreamTag, { namespace, name: "shop:latest" }, patch);
    expect((await streamNamed("shop")).spec?.tags?.[0]?.from?.name).toBe("shop:latest");
  });

  test("is forgotten when it is deleted, even by what once made it", async () => {
    await api.client.delete(imageStreamTag, { namespace, name: "shop:latest" });
    const list = (await streamNamed("shop")).status?.tags?.find(({ tag }) => tag === "latest");
    expect(list?.items).toEqual([]);
    expect(Date.parse(list?.prunedBefore ?? "")).toBeGreaterThan(0);
    const again = api.client.delete(imageStreamTag, { namespace, name: "shop:latest" });
    expect(await refusal(again)).toMatch(/^404/);
  });

  test.each([
    ["shop:a b", { kind: "ImageStreamTag", name: "x" }, /metadata.name: Invalid value.*STREAM:TAG/],
    ["shop:x", { kind: "Pod", name: "x" }, /tag.from.kind: Unsupported value: "Pod": .*"DockerImage"/],
    ["shop:x", { kind: "DockerImage" }, /tag.from.name: Required value/],
    ["shop:x", undefined, /tag.from: Required value/],
  ])("%s from %j is refused in words", async (name, from, message) => {
    expect(await refusal(api.client.create(imageStreamTag, istag(name, from as object)))).toMatch(message);
  });

  test("of a dry run changes nothing", async () => {
    const from = { kind: "DockerImage", name: "registry.test/a:1" };
    const made = await api.client.create(imageStreamTag, istag("dry:run", from), { dryRun: true });
    expect(made.tag?.from).toEqual(from);
    expect(await refusal(streamNamed("dry"))).toMatch(/^404/);
  });
});

test("images are seen by stream and by digest, those of the past too", async () => {
  const name = `shop@${digest("a")}`;
  const found = await api.client.get(imageStreamImage, { namespace, name });
  expect(found.image?.dockerImageReference).toBe(reference("a"));
  expect((await api.client.list(imageStreamImage, { namespace })).items).toHaveLength(2);
  expect((await api.client.get(image, { name: digest("b") })).dockerImageReference).toBe(reference("b"));
  expect((await api.client.list(image)).items.map(({ metadata }) => metadata.name)).toEqual([
    digest("a"),
    digest("b"),
  ]);
  expect(await refusal(api.client.get(image, { name: digest("c") }))).toMatch(/^404/);
});

describe("an import", () => {
  const asked = (images: object[]) =>
    newObject<ImageStreamImport>(imageStreamImport, { name: "base", namespace }, {
      spec: { import: true, images },
    } as never);

  test("is answered when the platform has tried it", async () => {
    const images = [
      { from: { kind: "DockerImage", name: "registry.test/base:1" } },
      { from: { kind: "DockerImage", name: "registry.test/base" }, to: { name: "two" } },
    ];
    const answer = api.client.create(imageStreamImport, asked(images));
    const wanted = await expect
      .poll(async () => (await streamNamed("base").catch(() => undefined))?.spec?.tags?.length)
      .toBe(2)
      .then(() => streamNamed("base"));
    expect(wanted.spec?.tags?.map(({ name, generation }) => [name, generation])).toEqual([
      ["1", 1],
      ["two", 1],
    ]);
    const condition = (status: string, message: string) => [
      { type: "ImportSuccess", status, reason: "Tried", message, observedGeneration: 1 },
    ];
    await pointTags("base", [
      { tag: "1", items: [item("c")], conditions: condition("True", "here") },
      { tag: "two", items: [], conditions: condition("False", "no such image") },
    ]);
    const { status } = await answer;
    expect(status?.images?.map((each) => [each.tag, each.status?.status, each.status?.message])).toEqual([
      ["1", "Success", undefined],
      ["two", "Failure", "no such image"],
    ]);
    expect(status?.images?.[0]?.image?.dockerImageReference).toBe(reference("c"));
    const stream = status?.import as ImageStream | undefined;
    expect(findCondition(stream?.status?.tags?.[1]?.conditions, "ImportSuccess")?.status).toBe("False");
  });

  test.each([
    [[], /spec.images: Required value/],
    [[{ from: { kind: "Pod", name: "x" } }], /spec.images\[0\].from.kind: Unsupported value: "Pod"/],
    [
      [{ from: { kind: "DockerImage", name: "x" }, to: { name: "a b" } }],
      /spec.images\[0\].to.name: Invalid/,
    ],
  ])("of %j is refused in words", async (images, message) => {
    expect(await refusal(api.client.create(imageStreamImport, asked(images)))).toMatch(message);
  });
});

describe("a template that is processed by the server", () => {
  const asked = (parameters: object[]): Template =>
    newObject<Template>(
      processedTemplate,
      { name: "t", namespace },
      {
        objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "${NAME}" } }],
        parameters: parameters as never,
      },
    );

  test("comes back with its objects filled in", async () => {
    const made = await api.client.create(processedTemplate, asked([{ name: "NAME", value: "shop" }]));
    expect(made.objects[0]).toMatchObject({ kind: "ConfigMap", metadata: { name: "shop" } });
  });

  test("says what is missing", async () => {
    const refused = refusal(api.client.create(processedTemplate, asked([{ name: "NAME", required: true }])));
    expect(await refused).toMatch(/^422 .*parameters\[0\]: Required value: parameter NAME is required/);
  });
});
