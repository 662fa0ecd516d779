import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { wishesOf, type GivenWishes } from "./build-wishes.ts";
import { nameOfSource, plannedConfig, type GivenSource, type NewBuildWish } from "./plan-build-config.ts";

const git: GivenSource = { kind: "git", uri: "https://git.test/team/Shop.git", ref: "main" };
const dockerfile = (text: string): GivenSource => ({ kind: "dockerfile", text });
const wish: NewBuildWish = {
  namespace: "ns",
  name: "shop",
  source: git,
  strategy: "nagi",
  imageIsTag: false,
  env: [],
  buildArgs: [],
};

describe("nameOfSource", () => {
  it.each<[GivenSource, string]>([
    [git, "shop"],
    [{ kind: "git", uri: "git@git.test:my_tool.git/", ref: undefined }, "my-tool"],
    [{ kind: "dir", path: "/home/me/My App" }, "my-app"],
    [dockerfile("# x\nFROM --platform=linux/amd64 host:5000/team/ruby:3 AS b"), "ruby"],
    [dockerfile("ARG A"), ""],
  ])("%j", (source, name) => expect(nameOfSource(source)).toBe(name));
});

describe("plannedConfig", () => {
  it("builds a repository at once, and again when its image moves", () => {
    const { spec } = plannedConfig({ ...wish, strategy: "docker", image: "base:latest", imageIsTag: true });
    expect(spec).toEqual({
      source: { git: { uri: git.kind === "git" ? git.uri : "", ref: "main" } },
      strategy: { dockerStrategy: { from: { kind: "ImageStreamTag", name: "base:latest" } } },
      output: { to: { kind: "ImageStreamTag", name: "shop:latest" } },
      triggers: [{ type: "ConfigChange" }, { type: "ImageChange", imageChange: {} }],
    });
  });

  it("builds a directory only when it is sent", () => {
    const { spec } = plannedConfig({
      ...wish,
      source: { kind: "dir", path: "/a" },
      to: "a:v1",
      contextDir: "b",
    });
    expect(spec).toMatchObject({ source: { binary: {}, contextDir: "b" }, triggers: [] });
  });

  it.each<[Partial<NewBuildWish>, string]>([
    [{ strategy: "source" }, "a source build needs its builder: --image IMAGE"],
    [{ image: "a" }, "--image is of docker, source and custom builds"],
    [{ buildArgs: [{ name: "A" }] }, "--build-arg is of docker builds, and this is a nagi build"],
    [{ source: dockerfile("FROM a") }, "a Dockerfile is built by docker, not by nagi"],
  ])("refuses %j", (given, message) => expect(() => plannedConfig({ ...wish, ...given })).toThrow(message));
});

describe("wishesOf", () => {
  const none: GivenWishes = {
    env: [],
    buildArgs: [],
    incremental: false,
    noCache: false,
    logLevel: undefined,
  };
  const configOf = (strategy: BuildConfig["spec"]["strategy"]): BuildConfig =>
    newObject<BuildConfig>(buildConfig, { name: "shop" }, { spec: { strategy } });
  const docker = configOf({ dockerStrategy: {} });

  it("asks for nothing that is not given", () => expect(wishesOf(none, docker)).toEqual({}));

  it("reads variables, and how much the build tells", () => {
    const given = { ...none, env: ["A=b=c"], buildArgs: ["D="], noCache: true, logLevel: 5 };
    expect(wishesOf(given, docker)).toEqual({
      env: [
        { name: "A", value: "b=c" },
        { name: "BUILD_LOGLEVEL", value: "5" },
      ],
      buildArgs: [{ name: "D", value: "" }],
      noCache: true,
    });
  });

  it.each<[Partial<GivenWishes>, string]>([
    [{ env: ["A"] }, '--env is "A": it must be NAME=VALUE'],
    [{ incremental: true }, "--incremental is of Source builds, but shop has the strategy Docker"],
    [{ logLevel: 11 }, "--build-loglevel is 11: it must be a whole number from 0 to 10"],
  ])("refuses %j", (given, message) =>
    expect(() => wishesOf({ ...none, ...given }, docker)).toThrow(message),
  );
});
