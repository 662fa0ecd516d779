import { describe, expect, it } from "vitest";
import { recognise } from "../detect.ts";
import { explainEngineFailure } from "../failure.ts";
import { sourceTreeOf } from "../source-tree.ts";
import { planBuildpacks, type BuildpackInput } from "./plan-buildpacks.ts";
import { readReleaseOutput } from "./release-output.ts";

const own = { "own/bin/compile": "" };
const manifest = (...urls: string[]): string => JSON.stringify({ buildpacks: urls.map((url) => ({ url })) });

function found(files: Record<string, string>, buildpacks?: readonly string[]): string {
  const recognised = recognise(sourceTreeOf(files), { buildpacks });
  if (!recognised.ok) return recognised.message;
  if ("buildpacks" in recognised)
    return `${recognised.buildpacks.from}: ${recognised.buildpacks.urls.join(" ")}`;
  return recognised.plan === undefined
    ? `${recognised.language.name} ${recognised.note ?? ""}`
    : recognised.plan.strategy;
}

describe("which buildpacks build a source", () => {
  it.each<[string, Record<string, string>, string[] | undefined, string]>([
    [
      "the app's, whatever the source says",
      { ...own, ".buildpacks": "own" },
      ["https://a.test/x"],
      "the app: https://a.test/x",
    ],
    [
      "those of .buildpacks",
      { ...own, ".buildpacks": "# mine\n./own\n\nhttps://a.test/x#v1\n" },
      undefined,
      ".buildpacks: ./own https://a.test/x#v1",
    ],
    [
      "those of .buildpacks rather than a Dockerfile",
      { ...own, ".buildpacks": "own", Dockerfile: "" },
      undefined,
      ".buildpacks: own",
    ],
    ["those of app.json", { ...own, "app.json": manifest("own") }, undefined, "app.json: own"],
    [
      "none of app.json once the app's are cleared",
      { ...own, "app.json": manifest("own"), "index.html": "" },
      [],
      "static ",
    ],
    ["none where nobody names any", { "index.html": "" }, undefined, "static "],
    [
      "Nagi's own language for Heroku's",
      { "package.json": "{}", Dockerfile: "" },
      ["heroku/nodejs"],
      "nodejs heroku/nodejs, which the app names: Nagi builds such apps itself",
    ],
    [
      "Heroku's beside others",
      { "package.json": "{}" },
      ["heroku/nodejs", "heroku/ruby"],
      "the app: heroku/nodejs heroku/ruby",
    ],
    [
      "a language that is not there",
      {},
      ["heroku/ruby"],
      "heroku/ruby of the app is for ruby, but the source has none of Gemfile, config.ru",
    ],
    [
      "a directory that is not there",
      own,
      ["packs/x"],
      "the app: the source has no directory packs/x, which is named as a buildpack",
    ],
    [
      "a directory that is none",
      { "a/readme": "" },
      ["a"],
      "the app: the directory a is no buildpack: it has no bin/compile",
    ],
    [
      "a wrong address",
      { ".buildpacks": "file:///x" },
      undefined,
      '.buildpacks: the buildpack "file:///x" must begin with https://',
    ],
    ["too many", { ".buildpacks": "a\n".repeat(21) }, undefined, ".buildpacks: more than 20 buildpacks"],
    ["a Procfile that does not parse", { ...own, Procfile: "web" }, ["own"], "Procfile line 1"],
  ])("%s", (_what, files, app, text) => {
    expect(found(files, app)).toContain(text);
  });
});

const input: BuildpackInput = {
  wanted: { urls: ["https://a.test/x", "own"], from: "the app" },
  fetched: new Map([["https://a.test/x", { file: "/kept/x.tar", root: "x-main" }]]),
  processes: { web: "bin/start" },
  config: { SECRET: "c2VjcmV0", EMPTY: "" },
  sourceVersion: "abc1234",
  requestId: "uid-1",
};

describe("the plan", () => {
  const plan = planBuildpacks(input);
  const text = plan.containerfile?.({ base: "base", runtime: "base", cacheId: "default-app" }) ?? "";

  it("says which and why", () => {
    expect(plan.explanation).toBe(
      "Heroku-style buildpacks https://a.test/x, own, because the app says so; Procfile with web",
    );
  });

  it("copies what was fetched and what the source has, and runs them in order", () => {
    expect(plan.folders).toEqual([{ name: "buildpacks/1", file: "/kept/x.tar", root: "x-main" }]);
    expect(text).toContain("COPY --chown=1000:1000 buildpacks/1/ /tmp/buildpacks/1/\n");
    expect(text).toContain("COPY --chown=1000:1000 app/own/ /tmp/buildpacks/2/\n");
    expect(text).toContain(
      "export SOURCE_VERSION=abc1234 REQUEST_ID=uid-1 && nagi-buildpacks /tmp/buildpacks/1 https://a.test/x /tmp/buildpacks/2 own\n",
    );
    expect(text).toContain("--mount=type=cache,id=default-app.buildpacks,");
  });

  it("gives config vars as a secret, and none in the text", () => {
    expect(plan.secrets).toEqual({ "nagi-config": "SECRET c2VjcmV0\nEMPTY \n" });
    expect(text).toContain("--mount=type=secret,id=nagi-config,");
    expect(text).not.toContain("SECRET c2");
  });

  it("says which buildpack failed", () => {
    const said =
      "buildpack 2 of 2 (own) failed: its bin/compile ended with exit status 3. What it wrote is above";
    const complaint = {
      text: 'building at STEP "RUN x": exit status 3',
      output: ["a", ` !     ${said}`],
      memory: "1",
    };
    expect(explainEngineFailure({ ...complaint, signs: plan.failureSigns }).message).toBe(said);
    const killed = { ...complaint, text: 'building at STEP "RUN x": exit status 137' };
    expect(explainEngineFailure({ ...killed, signs: plan.failureSigns }).reason).toBe("OutOfMemoryKilled");
  });
});

describe("bin/release", () => {
  it.each<[string, string, object]>([
    ["nothing", "", {}],
    ["only a document's start", "---\n", {}],
    [
      "process types",
      "default_process_types:\n  web: ./server -p $PORT\n",
      { processes: { web: "./server -p $PORT" } },
    ],
    [
      "the old fields too",
      "addons:\n  - heroku-postgresql\nconfig_vars:\n  WORKERS: 2\n  PATH: bin:/usr/bin\n",
      { addons: ["heroku-postgresql"], configVars: { WORKERS: "2", PATH: "bin:/usr/bin" } },
    ],
  ])("says %s", (_what, text, output) => {
    const whole = { processes: {}, configVars: {}, addons: [], ...output };
    expect(readReleaseOutput(text)).toEqual({ ok: true, output: whole });
  });

  it.each<[string, string]>([
    ["web: [", "is not YAML"],
    ["- web", "must be a mapping"],
    ["default_process_types: web", "default_process_types must map names to texts"],
    ["default_process_types: { web: { a: 1 } }", "default_process_types.web must be a text"],
    ["default_process_types: { We_b: x }", 'default_process_types: "We_b"'],
    ["config_vars: { 'a b': x }", 'config_vars: "a b" is not a name'],
    ["addons: x", "addons must be a list"],
  ])("is refused: %s", (text, message) => {
    expect(readReleaseOutput(text)).toMatchObject({
      ok: false,
      message: expect.stringContaining(message) as string,
    });
  });
});
