import { describe, expect, it } from "vitest";
import { resolveImage } from "./resolve-image.ts";

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const registryAddress = "127.0.0.1:5000";

/** Digests by name, of the engine and of registries. */
function resolve(image: string, engine: Record<string, string>, registries: Record<string, string>) {
  return resolveImage(image, {
    registryAddress,
    engineDigests: (name) => Promise.resolve(engine[name] === undefined ? undefined : [engine[name]]),
    registryDigest: (name) =>
      registries[name] === undefined
        ? Promise.reject(new Error("manifest unknown"))
        : Promise.resolve(registries[name]),
  });
}

describe("the image that a name stands for", () => {
  const own = `${registryAddress}/team/app`;

  it.each<[string, string, Record<string, string>, Record<string, string>, string, string]>([
    [
      "of the engine",
      "a.test/x:1",
      { "a.test/x:1": digest("a") },
      { "a.test/x:1": digest("b") },
      "a.test/x",
      "a",
    ],
    ["of a registry", "a.test:5000/x:1", {}, { "a.test:5000/x:1": digest("b") }, "a.test:5000/x", "b"],
    ["latest, which moves", "x", { x: digest("a") }, { "x:latest": digest("b") }, "x", "b"],
    ["latest without a registry", "x", { x: digest("a") }, {}, "x", "a"],
    [
      "built here",
      "localhost/x",
      { "localhost/x": digest("a") },
      { "localhost/x:latest": digest("b") },
      "localhost/x",
      "a",
    ],
    [
      "of the own registry",
      `${own}:1`,
      { [`${own}:1`]: digest("a") },
      { [`${own}:1`]: digest("b") },
      own,
      "b",
    ],
    ["by digest already", `x@${digest("c")}`, {}, {}, "x", "c"],
  ])("%s", async (...[, image, engine, registries, name, letter]) => {
    const found = await resolve(image, engine, registries);
    expect(found).toEqual({ ok: true, image: `${name}@${digest(letter)}` });
  });

  it("is told when there is none", async () => {
    expect(await resolve("a.test/x:1", {}, {})).toEqual({
      ok: false,
      message: expect.stringMatching(/^cannot find the image a.test\/x:1: .*: manifest unknown$/) as string,
    });
    expect(await resolve("x@sha256:12", {}, {})).toMatchObject({
      ok: false,
      message: expect.stringContaining("write NAME:TAG or NAME@sha256:DIGEST") as string,
    });
  });
});
