/** Platforms as operators have them: a recipe of one's own, versions that apps name, rebuilds with the apps on top. */

import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

/** Tries to connect to each `host:port` and says what came of it. */
const probe = join(import.meta.dirname, "../harness/probe-ports.mjs");

let platform: TestPlatform;
let recipe: string;
/** Others on this machine have platforms too: images are of what they are made from. */
const unique = `${process.pid}-${Date.now()}`;
beforeAll(async () => {
  recipe = mkdtempSync(join(tmpdir(), "nagi-recipe-"));
  platform = await TestPlatform.start();
});
afterAll(() => {
  for (const app of ["pages", "pinned", "strict"]) platform.tryNagi(["destroy", app, "--confirm", app]);
  platform.tryNagi(["platforms", "remove", "tiny"]);
  platform.stop();
  rmSync(recipe, { recursive: true });
});

/** Where the web server of the platform looks, so that an app answers with it. */
function writeRecipe(greeting: string, more = ""): void {
  writeFileSync(
    join(recipe, "platform.yaml"),
    "description: Files with a greeting\nfrom: static\nversions:\n  greeting: cat /greeting\n",
  );
  writeFileSync(
    join(recipe, "Containerfile"),
    `ARG BASE\nFROM $BASE\nUSER root\nRUN echo ${greeting}-${unique} > /greeting${more}\nUSER app\n`,
  );
}

function push(app: string, files: Readonly<Record<string, string>>, platformName: string): void {
  const folder = platform.repository(files);
  platform.createApp(app, ["--platform", platformName], { cwd: folder });
  const { code, stderr } = platform.push(folder);
  expect(code, stderr).toBe(0);
}

/** What stands in the image that the app runs. */
function greetingOf(app: string): string {
  return platform.nagi(["exec", "--app", app, "--", "cat", "/greeting"]).trim();
}

it("runs the example of the guide", () => {
  const { code, stdout } = runGuideExample(platform, "platforms.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toContain("it works");
  platform.nagi(["destroy", "banner", "--confirm", "banner"]);
  platform.nagi(["platforms", "remove", "figlet-pages"]);
});

describe("a Dockerfile of the source", () => {
  it("is built as the guide says, and its secret is in no layer, history or log", () => {
    const { code, stdout } = runGuideExample(platform, "dockerfile.md");
    expect(code, stdout).toBe(0);
    expect(stdout).toContain("Target:       web");
    expect(platform.nagi(["exec", "--app", "greeter", "--", "cat", "/app/index.html"])).toBe(
      "Hi from a Dockerfile\n",
    );
    const fingerprint = createHash("sha256").update("not-for-layers").digest("hex");
    expect(platform.nagi(["exec", "--app", "greeter", "--", "cat", "/app/fingerprint"])).toContain(
      fingerprint,
    );
    const image = platform.kubectl([
      "get",
      "build",
      "greeter-1",
      "-o",
      "jsonpath={.status.outputDockerImageReference}",
    ]);
    expect(imageTexts(image, fingerprint)).toBe(true);
    expect(imageTexts(image, "not-for-layers")).toBe(false);
    expect(platform.nagi(["builds", "logs", "greeter-1"])).not.toContain("not-for-layers");
    expect(platform.ok("podman", ["history", "--no-trunc", image])).not.toContain("not-for-layers");
  });

  it("says what of it is missing", () => {
    platform.nagi(["source", "--app", "greeter", "--target", "none", "--build-secret", "more=nowhere/key"]);
    const folder = platform.repository({ Dockerfile: "FROM nagi/base AS one\n" });
    const deploy = (): string => platform.tryNagi(["deploy", "--app", "greeter", "--dir", folder]).stdout;
    expect(deploy()).toContain("Dockerfile has no stage none: there are one");
    platform.nagi(["source", "--app", "greeter", "--target", ""]);
    expect(deploy()).toContain("build secret more is in Secret nowhere, and there is none");
    expect(platform.nagi(["detect", folder])).toContain("Container image from Dockerfile");
    expect(platform.tryNagi(["detect", folder, "--language", "go"]).stderr).toContain("none of go.mod");
  });

  it("is kept from this machine's services, and reaches the outside", async () => {
    const ofGreeter = ["-l", "nagi.dev/app=greeter"];
    const pod = platform.kubectl(["get", "pods", ...ofGreeter, "-o", "jsonpath={.items[0].status.podIP}"]);
    const service = platform.kubectl([
      "get",
      "services",
      ...ofGreeter,
      "-o",
      "jsonpath={.items[0].spec.clusterIP}",
    ]);
    const { apiPort, registryPort, httpPort, sshPort } = platform;
    const ports = [apiPort, registryPort, httpPort, sshPort];
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outer = own.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "";
    const server = createServer().listen(0, "0.0.0.0");
    await once(server, "listening");
    const open = (server.address() as AddressInfo).port;
    const targets = [
      ...ports.map((port) => `127.0.0.1:${port}`),
      ...[outer, "GATEWAY", "127.0.0.1"].map((host) => `${host}:${open}`),
      `${pod}:8080`,
      `${service}:80`,
    ];
    // All of them can be reached from the machine itself.
    const reachable = targets.filter((each) => !each.startsWith("GATEWAY"));
    expect(platform.ok("node", [probe, ...reachable])).not.toMatch(/ (E|timeout)/);
    const npm =
      "--mount=type=secret,id=nagi-npmrc,target=/root/.npmrc --mount=type=secret,id=nagi-ca,target=/ca NODE_EXTRA_CA_CERTS=/ca";
    const folder = platform.repository({
      "probe.mjs": readFileSync(probe, "utf8"),
      Dockerfile: `FROM nagi/nodejs\nUSER root\nCOPY probe.mjs /\nRUN ${npm} npm view is-odd version # ${randomUUID()}\nRUN node /probe.mjs ${targets.join(" ")}\nRUN getent hosts $(hostname) && grep nameserver /etc/resolv.conf\n`,
    });
    platform.createApp("curious", ["--no-remote"]);
    const { stdout } = platform.tryNagi(["deploy", "--app", "curious", "--dir", folder, "--no-wait"]);
    server.close();
    expect(stdout).toMatch(/^ +\d+\.\d+\.\d+$/m);
    expect(stdout.match(/ (ECONNREFUSED|ENETUNREACH|EHOSTUNREACH)$/gm)).toHaveLength(targets.length);
    expect(stdout).not.toContain("CONNECTED");
    // It knows its own name, and whom to ask for others.
    expect(stdout).toMatch(/^ +nameserver \S+$/m);
    for (const app of ["greeter", "curious"]) platform.nagi(["destroy", app, "--confirm", app]);
  });
});

/** Whether the text is in the files or the configuration of the image. */
function imageTexts(image: string, text: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "nagi-saved-"));
  try {
    platform.ok("podman", ["save", "--format", "docker-dir", "--output", join(folder, "image"), image]);
    const script = 'for file in "$1"/image/*; do zcat -f "$file"; done | grep -aqF -- "$2"';
    return platform.run("sh", ["-c", script, "sh", folder, text]).code === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a recipe of one's own", () => {
  it("is refused where it is wrong, and says what is", () => {
    writeFileSync(join(recipe, "platform.yaml"), "from: nowhere\npackages: [curl]\nlanguage: cobol\n");
    expect(platform.tryNagi(["platforms", "add", "tiny", recipe])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('language: Invalid value: is "cobol"; known are nodejs') as string,
    });
    writeRecipe("one", "; echo no such thing >&2; exit 3");
    const { code, stderr } = platform.tryNagi(["platforms", "add", "tiny", recipe]);
    expect(code).toBe(1);
    expect(stderr).toContain("ended with exit status 3; its last words: no such thing");
    expect(platform.nagi(["platforms"])).toMatch(/^tiny +Failed/m);
  });

  it("becomes a version, and one after each change", () => {
    writeRecipe("one");
    expect(platform.nagi(["platforms", "update", "tiny", recipe])).toContain("tiny v1 is ready");
    expect(platform.nagi(["platforms", "update", "tiny", recipe])).toContain("its recipe has not changed");
    expect(platform.nagi(["platforms", "info", "tiny"])).toMatch(/^v1 .*greeting one/m);
  });

  it("is what an app is built on, newest or by its version", () => {
    push("pages", { "index.html": "pages" }, "tiny");
    push("pinned", { "index.html": "pinned" }, "tiny:v1");
    const wants = JSON.stringify({ env: { TOKEN: { required: true } } });
    const folder = platform.repository({ "index.html": "strict", "app.json": wants });
    platform.createApp("strict", ["--platform", "tiny"], { cwd: folder });
    platform.nagi(["config", "set", "TOKEN=t", "--app", "strict"]);
    expect(platform.push(folder)).toMatchObject({ code: 0 });
    expect(greetingOf("pinned")).toBe(`one-${unique}`);
    const { stderr } = platform.tryNagi(["source", "--app", "pages", "--platform", "tiny:v7"]);
    expect(stderr).toContain("platform tiny has no version v7\nIt has v1");
  });

  it("stays while something stands on it", () => {
    const { code, stderr } = platform.tryNagi(["platforms", "remove", "tiny"]);
    expect(code).toBe(2);
    expect(stderr).toContain("on it stand app default/pages, app default/pinned, app default/strict");
    expect(platform.tryNagi(["platforms", "remove", "static"]).stderr).toContain("comes with Nagi");
  });
});

describe("a rebuild", () => {
  it("leaves what runs alone when the recipe fails", () => {
    writeRecipe("two", "; exit 4");
    expect(platform.tryNagi(["platforms", "update", "tiny", recipe]).stderr).toContain(
      "builds go on with v1",
    );
    expect(platform.nagi(["platforms"])).toMatch(/^tiny +Ready \(update failed\) +v1/m);
    writeRecipe("two");
    expect(platform.nagi(["platforms", "update", "tiny", recipe])).toContain("tiny v2 is ready");
  });

  it("deploys the apps one by one, stops at the first failure, and survives a kill", async () => {
    platform.nagi(["config", "unset", "TOKEN", "--app", "strict"]);
    platform.nagi(["platforms", "rebuild", "tiny", "--no-wait"]);
    // A watch sees each phase, however short it is.
    const phase = '{.status.rebuild.apps[?(@.name=="pages")].phase}{"\\n"}';
    const watching = platform.follow("kubectl", ["get", "platform", "tiny", "-w", "-o", `jsonpath=${phase}`]);
    await until(() => /Building|Releasing/.test(watching.lines.join()), "the first app to be built");
    await watching.stop();
    await platform.kill();
    platform.up();
    const { code, stdout, stderr } = platform.tryNagi(["platforms", "rebuild", "tiny", "--continue"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\[1\/2\] pages: release v\d+ is live/);
    expect(stderr).toContain("the rebuild stopped: app strict: build strict-");
    expect(stderr).toContain("TOKEN");
    expect(greetingOf("pages")).toBe(`two-${unique}`);
    expect(greetingOf("pinned")).toBe(`one-${unique}`);
  });

  it("goes on where it stopped", () => {
    platform.nagi(["config", "set", "TOKEN=t", "--app", "strict"]);
    const rebuilt = platform.nagi(["platforms", "rebuild", "tiny", "--continue"]);
    expect(rebuilt).toMatch(/\[2\/2\] strict: release v\d+ is live\nPlatform tiny is rebuilt/);
    expect(greetingOf("strict")).toBe(`two-${unique}`);
    expect(platform.nagi(["platforms", "info", "tiny"])).toMatch(
      /v1 .*pinned[^]*Complete|Complete[^]*v1 .*pinned/,
    );
    expect(platform.tryNagi(["platforms", "rebuild", "tiny", "--continue"]).stderr).toContain(
      "has no rebuild that stopped",
    );
  });
});
