import { describe, expect, test } from "vitest";
import { missingVariables, readManifest, type Manifest } from "./app-json.ts";

const read = (value: unknown) => readManifest(JSON.stringify(value));

test("takes what Heroku's has", () => {
  const result = read({
    name: "shop",
    env: {
      PLAIN: "x",
      SECRET: { generator: "secret", description: "signs" },
      NEEDED: { description: "ask ann" },
      MAY: { required: false },
    },
    formation: { web: { quantity: 2, size: "standard-1x" }, worker: { quantity: 0 } },
    addons: ["postgresql:mini", { plan: "redis", as: "CACHE" }],
    buildpacks: [{ url: "https://example.com/pack.git" }],
    scripts: { postdeploy: "seed", "pr-predestroy": "bye" },
    stack: "container",
    extra: 1,
  });
  expect(result).toEqual({
    ok: true,
    manifest: {
      env: {
        PLAIN: { value: "x", required: true },
        SECRET: { generator: "secret", required: true, description: "signs" },
        NEEDED: { required: true, description: "ask ann" },
        MAY: { required: false },
      },
      formation: { web: { quantity: 2, size: "standard-1x" }, worker: { quantity: 0 } },
      addons: [{ plan: "postgresql:mini" }, { plan: "redis", as: "CACHE" }],
      buildpacks: [{ url: "https://example.com/pack.git" }],
      postdeploy: "seed",
    },
    notices: [
      "stack is ignored: Nagi builds on its own platforms: nagi platforms",
      "extra is ignored: Nagi does not know this field",
      "scripts.pr-predestroy is ignored: there are no review apps",
    ],
  });
  expect(read({ name: "x" })).toEqual({ ok: true, manifest: {}, notices: [] });
  expect(read({ scripts: { postdeploy: { command: "seed", size: "x" } } })).toMatchObject({
    manifest: { postdeploy: "seed" },
  });
});

describe("names the field that is wrong", () => {
  test.each([
    [[], "app.json: is []: must be an object"],
    [{ env: { A: 3 } }, "app.json: env.A is 3: must be a string or an object"],
    [{ env: { A: { value: 3 } } }, "app.json: env.A.value is 3: must be a string"],
    [{ env: { "A-B": "x" } }, "app.json: env.A-B is not a name of a variable"],
    [{ env: { A: { generator: "uuid" } } }, 'app.json: env.A.generator is "uuid": must be "secret"'],
    [{ formation: { web: { quantity: -1 } } }, "app.json: formation.web.quantity is -1"],
    [{ formation: { "We b": {} } }, "app.json: formation.We b is not a process type"],
    [{ addons: {} }, "app.json: addons is {}: must be a list"],
    [{ addons: [{}] }, "app.json: addons[0].plan is missing"],
    [{ buildpacks: [{ url: 1 }] }, "app.json: buildpacks[0].url is 1: must be a string"],
    [{ scripts: { postdeploy: [] } }, "app.json: scripts.postdeploy is []: must be a string"],
  ])("%j", (value, message) => {
    const result = read(value);
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
  });

  test("of what is not JSON the place", () => {
    expect(readManifest("{ nope")).toMatchObject({
      ok: false,
      message: expect.stringContaining("app.json: is not JSON") as string,
    });
  });
});

test("what must be set first is asked for, with what it is for", () => {
  const manifest: Manifest = {
    env: {
      A: { required: true, description: "ask ann" },
      B: { required: true, value: "b" },
      C: { required: true, generator: "secret" },
      D: { required: false },
    },
  };
  expect(missingVariables(manifest, [])).toBe(
    "app.json wants config vars that the app does not have: A (ask ann). Set them and push again: nagi config set A=...",
  );
  expect(missingVariables(manifest, ["A"])).toBeUndefined();
});

test("takes the deploy strategy, and says what it may be", () => {
  expect(read({ deploy: { strategy: "recreate" } })).toMatchObject({
    manifest: { deploy: { strategy: "recreate" } },
  });
  expect(read({ deploy: { strategy: "big-bang" } })).toMatchObject({
    message: expect.stringContaining(
      'app.json: deploy.strategy is "big-bang": must be one of rolling, recreate',
    ) as unknown,
  });
  expect(read({ deploy: { speed: 1 } })).toMatchObject({
    message: expect.stringContaining("app.json: deploy.speed is not known") as unknown,
  });
});
