/** Apps that are built otherwise than by what they are: Heroku-style buildpacks, source-to-image builders. */

import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { runGuideExample } from "../harness/guide.ts";
import { root, TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

/** Files that are programs. */
function scripts(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }
}

const serveFiles = `
  const { createReadStream } = require("node:fs");
  require("node:http").createServer((request, response) => {
    const file = createReadStream(process.argv[1] + new URL(request.url, "http://x").pathname);
    file.on("error", () => response.writeHead(404).end()).pipe(response);
  }).listen(process.argv[2], "127.0.0.1");`;
const image = (app: string, build: number): string =>
  platform.kubectl([
    "get",
    "build",
    `${app}-${build}`,
    "-o",
    "jsonpath={.status.outputDockerImageReference}",
  ]);

describe("Heroku-style buildpacks", () => {
  let server: ChildProcess;
  let packs: string;
  let url: string;
  let folder: string;

  /** The example buildpack as a git repository that is served over HTTP. */
  beforeAll(async () => {
    packs = platform.repository("buildpack");
    platform.ok("git", ["update-server-info"], { cwd: packs });
    const port = await freePort();
    // A process of its own: this one waits for the commands that it runs.
    server = spawn(process.execPath, ["-e", serveFiles, join(packs, ".git"), `${port}`], { stdio: "ignore" });
    url = `http://127.0.0.1:${port}/#main`;
    folder = platform.repository("buildpack-app");
    scripts(folder, {
      "packs/first/bin/detect": "echo First",
      "packs/first/bin/compile": `echo "-----> From $SOURCE_VERSION on $STACK" >&2\necho "export CFLAGS=-O1" > "$(dirname "$0")/../export"`,
    });
    platform.commit(folder, {});
    platform.createApp("capp", [], { cwd: folder });
  });
  afterAll(() => void server.kill());

  const nagi = (...argv: string[]) => platform.tryNagi([...argv, "--app", "capp"]);

  it("are listed and changed as with Heroku", () => {
    expect(nagi("buildpacks").stdout).toContain("capp has no buildpacks: unless its .buildpacks or app.json");
    nagi("buildpacks:set", "heroku/nodejs");
    expect(nagi("buildpacks:add", url).stdout).toMatch(/1\. heroku\/nodejs\n2\. http.*#main\nNext: git push/);
    expect(nagi("buildpacks", "set", "packs/first", "-i", "1").stdout).toContain("1. packs/first\n2. http");
    expect(nagi("buildpacks", "add", "file:///etc").stderr).toContain("must begin with https://");
    expect(nagi("buildpacks", "remove", "other").stderr).toContain("the app has no buildpack other");
    const direct = { spec: { buildpacks: [{ url: "/etc" }] } };
    const patch = ["patch", "app", "capp", "--type", "merge", "-p", JSON.stringify(direct)];
    expect(platform.run("kubectl", patch).stderr).toContain("spec.buildpacks[0].url");
  });

  it("build one after the other, with the config vars, and say how the app is started", async () => {
    nagi("config", "set", "MAKEFLAGS=-s", "TOKEN=not-in-the-image");
    const { code, stderr } = platform.push(folder);
    const lines = stderr.replaceAll(/^remote: | +$/gm, "");
    expect(code, lines).toBe(0);
    expect(lines).toMatch(
      /Buildpack 1 of 2: packs\/first\n *First\n-----> From [0-9a-f]{40} on heroku-22\n-----> Buildpack 2 of 2: http/,
    );
    expect(lines).toMatch(/Fetching buildpack http.*#main\n +commit [0-9a-f]{7}/);
    expect(lines).toContain("       MAKEFLAGS=-s");
    expect(lines).toMatch(/-----> bin\/release\n {7}web: \.\/server/);
    expect(await platform.request("capp")).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^Hello from C, built with gcc/) as string,
    });
    expect(platform.nagi(["run", "--app", "capp", "printenv", "BUILT_WITH"])).toMatch(/^gcc/);
    // All layers, uncompressed.
    const archive = join(platform.dataDir, "image.tar");
    platform.ok("podman", ["save", "-q", "--format", "docker-archive", "-o", archive, image("capp", 1)]);
    const grep = (text: string): string => platform.run("grep", ["-c", "-a", "-m1", text, archive]).stdout;
    expect(grep("Hello from C")).toBe("1\n");
    expect(grep("not-in-the-image")).toBe("0\n");
    rmSync(archive);
  });

  it("find what they kept, and the Procfile wins", () => {
    platform.commit(folder, { Procfile: "web: ./server\nclock: sleep 1000\n" });
    const { code, stderr } = platform.push(folder);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Using object files of the last build");
    expect(stderr).toMatch(/web: \.\/server \(the Procfile's is taken\)/);
    expect(nagi("ps").stdout).toContain("clock");
  });

  it("say which of them failed, and leave what runs", async () => {
    scripts(folder, { "packs/first/bin/compile": "echo working\nexit 7" });
    platform.commit(folder, {});
    const failed = platform.push(folder);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain(
      "buildpack 1 of 2 (packs/first) failed: its bin/compile ended with exit status 7",
    );
    expect((await platform.request("capp")).text).toContain("Hello from C");
  });

  it("go as docs/guide/buildpacks.md begins", async () => {
    const { code, stdout } = runGuideExample(platform, "buildpacks.md");
    expect(stdout).toContain("-----> Greeting people");
    expect(stdout).toMatch(/\nyes\n[^]*1\. packs\/greet/);
    expect(code, stdout).toBe(0);
    expect((await platform.request("greeter")).text).toBe("HELLO\nOslo");
  });
});

describe("source-to-image", () => {
  const local = (name: string): string => `localhost/${name}-${platform.httpPort}`;
  let folder: string;

  beforeAll(() => {
    const place = join(root, "examples/s2i-builder");
    const [mine, theirs] = [
      local("node-builder"),
      `127.0.0.1:${platform.registryPort}/default/node-builder:latest`,
    ];
    const authfile = join(platform.dataDir, "auth.json");
    platform.nagi(["registry", "login", "--authfile", authfile]);
    platform.ok("podman", ["build", "-q", "-t", mine, place]);
    platform.ok("podman", ["push", "-q", "--tls-verify=false", `--authfile=${authfile}`, mine, theirs]);
    folder = platform.repository("s2i-app");
  });
  afterAll(() => platform.run("podman", ["rmi", "-f", local("node-builder"), "localhost/pages-builder"]));

  it("builds with the builder, its variables and the source's hooks", async () => {
    const created = platform.createApp("sapp", ["--builder", "node-builder:latest"], { cwd: folder });
    expect(created).toContain("Created app sapp");
    const { code, stderr } = platform.push(folder);
    const lines = stderr.replaceAll(/^remote: | +$/gm, "");
    expect(code, lines).toBe(0);
    expect(lines).toMatch(
      /-----> Source-to-image on 127\.0\.0\.1:\d+\/default\/node-builder@sha256:[0-9a-f]{64}; .*hooks pre-assemble, post-assemble/,
    );
    expect(lines).toMatch(
      /-----> pre-assemble \(hook of the source\)\n +\d+ files[^]*-----> assemble \(the builder's\)[^]*-----> post-assemble[^]*pass 1/,
    );
    expect(await platform.request("sapp")).toEqual({ status: 200, text: "Hello, sea! Built by sapp-1.\n" });
    const strategy = platform.kubectl(["get", "build", "sapp-1", "-o", "jsonpath={.spec.strategy}"]);
    expect(JSON.parse(strategy)).toEqual({
      type: "Source",
      sourceStrategy: { from: { kind: "ImageStreamTag", name: "node-builder:latest" }, incremental: false },
    });
  });

  it("begins with what the last image saved", async () => {
    const shown = platform.nagi(["source", "--incremental"], { cwd: folder });
    expect(shown).toMatch(/Builder: +node-builder:latest, beginning with/);
    platform.commit(folder, { ".s2i/environment": "NPM_RUN=build\nNAME=$HOME\n" });
    scripts(folder, {
      ".s2i/bin/pre-assemble": "ls /tmp/src/package.json && test ! -e /tmp/src/notes",
      ".s2i/bin/post-assemble": "echo none",
    });
    platform.commit(folder, { ".s2iignore": "notes\n.s2i\n", "notes/today.txt": "None of the app's" });
    const { code, stderr } = platform.push(folder);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("node_modules of the last build");
    expect((await platform.request("sapp")).text).toBe("Hello, $HOME! Built by sapp-1, sapp-2.\n");
  });

  it("rejects a push whose hook fails, and says which", async () => {
    scripts(folder, { ".s2i/bin/post-assemble": "exit 4" });
    platform.commit(folder, {});
    const { code, stderr } = platform.push(folder);
    expect(code).not.toBe(0);
    expect(stderr).toContain("post-assemble (hook of the source) ended with exit status 4");
    expect((await platform.request("sapp")).text).toContain("sapp-2");
  });

  it("says what is no builder", () => {
    platform.nagi(["source", "--builder", "node-builder:none"], { cwd: folder });
    expect(platform.push(folder).stderr).toContain("there is no image stream tag node-builder:none");
    platform.nagi(["source", "--builder", "localhost/nagi/static"], { cwd: folder });
    expect(platform.push(folder).stderr).toContain(
      "the image has no /usr/libexec/s2i/assemble: it is no builder",
    );
    const wrong = platform.tryNagi(["source", "--builder", "-x"], { cwd: folder });
    expect(wrong.code).toBe(2);
  });

  it("goes as docs/guide/source-to-image.md begins", async () => {
    const { code, stdout } = runGuideExample(platform, "source-to-image.md");
    expect(stdout).toContain("the page is fine");
    expect(stdout).toMatch(/Builder: +localhost\/pages-builder/);
    expect(code, stdout).toBe(0);
    expect((await platform.request("pages")).text).toBe("<p>Open at six\n");
  });
});
