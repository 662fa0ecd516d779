import { describe, expect, it } from "vitest";
import type { ImageDetails } from "../../../lib/container-engine/engine-types.ts";
import { sourceTreeOf } from "../source-tree.ts";
import { readBuilder, type Builder } from "./builder.ts";
import { readEnvironment } from "./environment.ts";
import { scriptUrl } from "./fetch-scripts.ts";
import { planS2i, type S2iInput } from "./plan-s2i.ts";

const image = (config: ImageDetails["Config"]): Pick<ImageDetails, "Config"> => ({ Config: config });

function builderOf(config: ImageDetails["Config"], scripts?: string): Builder | string {
  const read = readBuilder("builder:1", image(config), scripts);
  return read.ok ? read.builder : read.message;
}

describe("a builder", () => {
  it("has its scripts where its label says", () => {
    const Labels = {
      "io.openshift.s2i.scripts-url": "image:///opt/s2i/",
      "io.openshift.s2i.destination": "/opt/in/",
    };
    expect(builderOf({ Labels, User: "1001" })).toEqual({
      image: "builder:1",
      scripts: "/opt/s2i",
      scriptsFrom: "the builder's label",
      destination: "/opt/in",
      user: "1001",
      assembleUser: "1001",
    });
  });

  it("has them in the usual place else, and may assemble as somebody else", () => {
    expect(builderOf({ Labels: { "io.openshift.s2i.assemble-user": "7" } })).toMatchObject({
      scripts: "/usr/libexec/s2i",
      scriptsFrom: "the usual place",
      destination: "/tmp",
      user: "0",
      assembleUser: "7",
    });
  });

  it("may have them at a web address, and what is missing there in its image", () => {
    const Labels = { "io.openshift.s2i.scripts-url": "image:///opt/s2i" };
    expect(builderOf({ Labels }, "https://a.test/s2i")).toMatchObject({
      scripts: "/opt/s2i",
      scriptsUrl: "https://a.test/s2i",
      scriptsFrom: "the build",
    });
    expect(builderOf({ Labels: { "io.s2i.scripts-url": "http://a.test/" } })).toMatchObject({
      scripts: "/usr/libexec/s2i",
      scriptsUrl: "http://a.test/",
      scriptsFrom: "the builder's label",
    });
    expect(scriptUrl("https://a.test/s2i/?ref=v1", "run")).toBe("https://a.test/s2i/run?ref=v1");
  });

  it.each<[string, ImageDetails["Config"], string | undefined, string]>([
    [
      "scripts from elsewhere",
      {},
      "file:///s2i",
      'sourceStrategy.scripts is "file:///s2i": it must be a directory of the builder image',
    ],
    [
      "a path that is none",
      { Labels: { "io.openshift.s2i.scripts-url": "image://$(x)" } },
      undefined,
      "the label of builder:1 is",
    ],
    [
      "a destination that is none",
      { Labels: { "io.openshift.s2i.destination": "tmp" } },
      undefined,
      "must be an absolute path",
    ],
  ])("is refused with %s", (_what, config, scripts, message) => {
    expect(builderOf(config, scripts)).toContain(message);
  });
});

describe(".s2i/environment", () => {
  it("is one variable a line", () => {
    expect(readEnvironment("# a\n\nA=1\nB_2=x = y $Z\nC=\n")).toEqual({
      ok: true,
      variables: [
        ["A", "1"],
        ["B_2", "x = y $Z"],
        ["C", ""],
      ],
    });
    expect(readEnvironment("A=1\nexport B=2")).toMatchObject({
      ok: false,
      message: '.s2i/environment line 2: "export B=2" is not NAME=value',
    });
    expect(readEnvironment("A=1\n".repeat(501))).toMatchObject({ ok: false });
  });
});

const builder: Builder = {
  image: "builder:1",
  scripts: "/usr/libexec/s2i",
  scriptsFrom: "the builder's label",
  destination: "/tmp",
  user: "1001:0",
  assembleUser: "1001:0",
};

function plan(files: Record<string, string>, changed: Partial<S2iInput> = {}) {
  const input = {
    tree: sourceTreeOf(files),
    builder,
    processes: {},
    env: [],
    labels: {},
    previous: undefined,
  };
  const planned = planS2i({ ...input, ...changed });
  if (!planned.ok) throw new Error(planned.message);
  const text = planned.plan.containerfile?.({ base: "builder:1", runtime: "app:1", cacheId: "" }) ?? "";
  const bare = text.replaceAll(/--mount=\S+ /g, "").replaceAll(/\. \/run\/secrets\/\S+ && /g, "");
  return { ...planned.plan, lines: bare.trim().split("\n") };
}

describe("the plan", () => {
  it("assembles on the builder and starts what it runs", () => {
    const { explanation, processes, lines } = plan({ "a.js": "" });
    expect(explanation).toBe(
      "Source-to-image on builder:1; scripts of the builder's label: /usr/libexec/s2i",
    );
    expect(processes).toEqual({});
    expect(lines).toEqual([
      "FROM builder:1",
      "COPY --chown=1001:0 app/ /tmp/src/",
      "USER 1001:0",
      `RUN /run/nagi-s2i/step assemble 'the builder'\\''s' /usr/libexec/s2i/assemble`,
      'CMD ["/usr/libexec/s2i/run"]',
      "LABEL nagi.dev/processes='{}'",
    ]);
  });

  it("takes the source's scripts, and runs hooks around assemble", () => {
    const own = { ".s2i/bin/assemble": "", ".s2i/bin/pre-assemble": "", ".s2i/bin/post-assemble": "" };
    const { explanation, lines } = plan(own);
    expect(explanation).toContain("; of .s2i/bin: assemble; hooks pre-assemble, post-assemble");
    expect(lines.slice(2, 7)).toEqual([
      "COPY --chown=1001:0 --chmod=0755 app/.s2i/bin/ /tmp/scripts/",
      "USER 1001:0",
      "RUN /run/nagi-s2i/step pre-assemble 'hook of the source' /tmp/scripts/pre-assemble",
      `RUN /run/nagi-s2i/step assemble 'the source'\\''s' /tmp/scripts/assemble`,
      "RUN /run/nagi-s2i/step post-assemble 'hook of the source' /tmp/scripts/post-assemble",
    ]);
  });

  it("leaves the source's scripts when the build names others, but not its hooks", () => {
    const own = { ".s2i/bin/run": "", ".s2i/bin/post-assemble": "" };
    const { lines } = plan(own, { builder: { ...builder, scriptsFrom: "the build", scripts: "/x" } });
    expect(lines).toContain('CMD ["/x/run"]');
    expect(lines.join("\n")).toContain("/tmp/scripts/post-assemble");
  });

  it("copies scripts from a web address: before the source's when the build names it, after them else", () => {
    const own = { ".s2i/bin/assemble": "", ".s2i/bin/run": "" };
    const fetched = new Map([["assemble", "#!/bin/sh"]]);
    const web = { ...builder, scriptsUrl: "https://a.test/s2i" };
    const named = plan(own, { builder: { ...web, scriptsFrom: "the build" }, fetched });
    expect(named.explanation).toContain(
      "scripts of the build: https://a.test/s2i; run not there, so of /usr/libexec/s2i; of .s2i/bin: run",
    );
    expect(named.files).toMatchObject({ "s2i-scripts/assemble": "#!/bin/sh" });
    expect(named.lines.slice(2, 6)).toEqual([
      "COPY --chown=1001:0 --chmod=0755 app/.s2i/bin/ /tmp/scripts/",
      "COPY --chown=1001:0 --chmod=0755 s2i-scripts/ /tmp/scripts/",
      "USER 1001:0",
      "RUN /run/nagi-s2i/step assemble 'of https://a.test/s2i' /tmp/scripts/assemble",
    ]);
    const labelled = plan(own, { builder: web, fetched });
    expect(labelled.files).not.toHaveProperty("s2i-scripts/assemble");
    expect(labelled.explanation).toContain("of .s2i/bin: assemble, run");
    const alone = plan({}, { builder: web, fetched });
    expect(alone.lines[2]).toBe("COPY --chown=1001:0 --chmod=0755 s2i-scripts/ /tmp/scripts/");
    expect(alone.lines).toContain('CMD ["/usr/libexec/s2i/run"]');
  });

  it("begins with what the last image saves", () => {
    const { explanation, lines } = plan({}, { previous: "app:1" });
    expect(explanation).toContain("begins with what app:1 saves");
    expect(lines.slice(0, 3)).toEqual([
      "FROM app:1 AS previous",
      "RUN /run/nagi-s2i/save /usr/libexec/s2i/save-artifacts",
      "FROM builder:1",
    ]);
    expect(lines).toContain("COPY --from=previous /tmp/artifacts.tar /tmp/artifacts.tar");
  });

  it("sets the variables of the source and of the build, as texts", () => {
    const { lines } = plan(
      { ".s2i/environment": 'A=say "$HOME"' },
      { env: [["A", "2"]], labels: { l: "x y" } },
    );
    expect(lines.slice(1, 3)).toEqual(['ENV A="say \\"\\$HOME\\""', 'ENV A="2"']);
    expect(lines).toContain('LABEL l="x y"');
  });

  it("keeps the builder's web beside other types of a Procfile", () => {
    expect(plan({}, { processes: { worker: "w" } }).processes).toEqual({
      web: "/usr/libexec/s2i/run",
      worker: "w",
    });
    expect(plan({}, { processes: { release: "r" } }).processes).toEqual({ release: "r" });
    const { processes, lines } = plan({}, { processes: { web: "node a.js" } });
    expect(processes).toEqual({ web: "node a.js" });
    expect(lines).toContain('CMD ["/bin/sh","-c","exec node a.js"]');
  });

  it("goes back to the image's user after assemble", () => {
    const { lines } = plan({}, { builder: { ...builder, assembleUser: "0" } });
    expect(lines.filter((line) => line.startsWith("USER"))).toEqual(["USER 0", "USER 1001:0"]);
  });
});
