/** Releases and config vars, with what goes wrong with them. */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { Load } from "../harness/load.ts";
import { pause, root, TestPlatform, until, type Outcome } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository({
    "package.json": '{"name":"app","type":"module"}',
    "server.js": server,
    Procfile: procfile,
  });
  platform.createApp("app", [], { cwd: folder });
});
afterAll(() => platform.stop());

/** Says which release it is; ends at once when it is told to. */
const server = `import { createServer } from "node:http";
if (process.env.CRASH) { console.log("cannot live with CRASH"); process.exit(9); }
const server = createServer((q, s) => s.end(process.env.ANSWER ?? "none"));
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
const procfile = `web: node server.js
release: echo begin $NAGI_RELEASE; sleep \${PHASE_SECONDS:-0}; echo end $NAGI_RELEASE; exit \${PHASE_CODE:-0}
`;

interface Release {
  readonly spec: {
    readonly version: number;
    readonly image: string;
    readonly createdBy?: string;
    readonly cause?: string;
  };
  readonly status?: { readonly phase?: string; readonly message?: string; readonly logSnippet?: string };
}

function releases(): readonly Release[] {
  const text = platform.nagi(["releases", "--app", "app", "-o", "json"]);
  const { items } = JSON.parse(text) as { items: readonly Release[] };
  return items.toSorted((a, b) => a.spec.version - b.spec.version);
}

const newest = (): Release | undefined => releases().at(-1);
const config = (argv: readonly string[]): Outcome => platform.tryNagi(["config", ...argv, "--app", "app"]);
const exported = (): unknown => JSON.parse(config(["export", "--format", "json"]).stdout);

async function answers(text: string): Promise<void> {
  await until(async () => (await platform.request("app")).text === text, `the answer ${text}`);
}

/** In the background: this process goes on. */
function start(program: string, argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, argv, { cwd: folder, env: platform.env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

const nagi = (argv: readonly string[]): Promise<Outcome> => start(join(root, "bin/nagi"), argv);

describe("the guide's example", () => {
  it("of releases", () => {
    const { code, stdout } = runGuideExample(platform, "releases.md");
    expect(stdout).toContain("migrating for v1");
    expect(stdout).toContain("v3 failed; v2 goes on");
    expect(stdout).toMatch(/v4 +Live +Rollback to v1 +admin/);
    expect(stdout).toMatch(/Cause: +config set/);
    expect(stdout).toContain("- config GREETING: ********");
    expect(code).toBe(0);
  });

  it("of config vars", async () => {
    const { code, stdout } = runGuideExample(platform, "config.md");
    expect(stdout).toMatch(/SESSION_KEY: +\*{8}/);
    const json = JSON.parse(stdout.slice(stdout.lastIndexOf("\n{"))) as Record<string, string>;
    expect(json).toMatchObject({
      GREETING: "hello",
      KEY: "-----BEGIN-----\nabc\n-----END-----",
      MOTTO: "good coffee",
      SESSION_KEY: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(json["COLOR"]).toBeUndefined();
    expect(code).toBe(0);
    expect((await platform.request("cafe")).text).toBe("hello 64");
    expect(platform.nagi(["ps", "--app", "cafe"])).toContain("web: 2 of 2 ready");
  });
});

describe("a release phase", () => {
  it("runs before the release serves, and its log comes to the pusher", async () => {
    const { code, stderr } = platform.push(folder);
    expect(stderr).toMatch(/begin v1[\s\S]*end v1[\s\S]*app\.localhost/);
    expect(code).toBe(0);
    await answers("none");
    expect(platform.nagi(["releases:output", "--app", "app"])).toBe("begin v1\nend v1\n");
  });

  it("that fails keeps the old release, its config vars too, and can be tried again", async () => {
    const version = (newest()?.spec.version ?? 0) + 1;
    const { code, stdout, stderr } = config(["set", "PHASE_CODE=3", "ANSWER=never"]);
    expect(code).toBe(1);
    expect(stdout).toContain(`begin v${version}`);
    expect(stderr).toContain(
      `Release v${version} failed: release phase: it ended with exit code 3 (v1 goes on running)`,
    );
    expect(newest()).toMatchObject({
      spec: { createdBy: "admin", cause: "config set" },
      status: { phase: "Failed" },
    });
    await until(() => JSON.stringify(exported()) === "{}", "the config vars of before");
    await answers("none");
    const again = platform.tryNagi(["releases:retry", "--app", "app"]);
    expect(again.code).toBe(1);
    expect(again.stdout).toContain(`begin v${version + 1}`);
    await until(() => JSON.stringify(exported()) === "{}", "the config vars of before");
    expect(platform.tryNagi(["releases", "retry", `v${version}`, "--app", "app"]).stderr).toContain(
      "not the newest",
    );
  });

  it("that hangs is stopped when its time is over", async () => {
    const limit = (seconds: number | null): string =>
      platform.kubectl([
        "patch",
        "app",
        "app",
        "--type=merge",
        "-p",
        `{"spec":{"releaseTimeoutSeconds":${seconds}}}`,
      ]);
    limit(2);
    const { code, stderr } = config(["set", "PHASE_SECONDS=600"]);
    expect(code).toBe(1);
    expect(stderr).toContain("it did not end within 2 s and was stopped");
    limit(null);
    await answers("none");
  });

  it("runs once, though the platform is killed in the middle", async () => {
    expect(config(["set", "PHASE_SECONDS=4", "ANSWER=after the kill", "--no-wait"]).code).toBe(0);
    await until(() => newest()?.status?.phase === "Releasing", "the release phase");
    const { version } = newest()?.spec ?? { version: 0 };
    const pod = `app-v${version}-release`;
    const logOf = (): string => platform.run("kubectl", ["logs", pod]).stdout;
    await until(() => logOf().includes("begin"), "its first line");
    await platform.kill();
    platform.up();
    await answers("after the kill");
    const output = platform.nagi(["releases:output", `v${version}`, "--app", "app"]);
    expect(output).toBe(`begin v${version}\nend v${version}\n`);
    await until(() => newest()?.status?.phase === "Live", "the release to be live");
    expect(newest()?.spec.version).toBe(version);
    expect(config(["unset", "PHASE_SECONDS"]).code).toBe(0);
  });
});

describe("config vars", () => {
  it("of changes at the same time are all kept, also with a push at that time", async () => {
    platform.commit(folder, { "note.txt": "a change" });
    const pushed = start("git", ["push", "nagi", "main"]);
    const sets = ["A=1", "B=2", "C=3"].map((word) => nagi(["config", "set", word, "--app", "app"]));
    for (const { code, stderr } of await Promise.all(sets))
      expect([code, stderr]).toMatchObject([0, expect.anything()]);
    expect((await pushed).code).toBe(0);
    await until(() => newest()?.status?.phase === "Live", "the newest release to be live");
    expect(exported()).toMatchObject({ A: "1", B: "2", C: "3", ANSWER: "after the kill" });
    const head = platform.ok("git", ["rev-parse", "HEAD"], { cwd: folder }).trim();
    const shown = platform.nagi(["releases", "info", "--app", "app"]);
    expect(shown).toContain(head);
    for (const name of ["A", "B", "C"]) expect(shown).toMatch(new RegExp(`  ${name}: +\\*{8}`));
  });

  it("that kill the app are taken back under load, without a lost request", async () => {
    const host = `app.localhost:${platform.httpPort}`;
    const load = new Load({ port: platform.httpPort, host, clients: 4, keepAlive: true, restMs: 5 });
    const { code, stderr } = await nagi(["config", "set", "CRASH=1", "--app", "app"]);
    await pause(500);
    const { failures, requests, bodies } = await load.stop();
    expect(code).toBe(1);
    expect(stderr).toContain("cannot live with CRASH");
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(50);
    expect([...bodies.keys()]).toEqual(["after the kill"]);
    const told = platform.kubectl([
      "get",
      "events",
      "-o",
      "jsonpath={range .items[*]}{.reason}: {.message}{'\\n'}{end}",
    ]);
    expect(told).toMatch(/ReleaseFailed: Release v\d+ failed: web: .*exit code 9/);
    await until(() => !config(["export"]).stdout.includes("CRASH"), "the config vars of before");
  });

  it("are refused with the line that is wrong, and nothing is changed", () => {
    const before = exported();
    const bad = platform.tryNagi(["config", "import", "-", "--app", "app"], { input: "X=1\nY='open\n" });
    expect(bad).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("standard input, line 2") as string,
    });
    expect(config(["set", "PORT=1"]).stderr).toContain("PORT is given by the platform");
    expect(exported()).toEqual(before);
  });

  it("are nowhere in the store's files", () => {
    const secret = "a-value-that-nobody-may-find";
    expect(config(["set", `SECRET=${secret}`]).code).toBe(0);
    const store = join(platform.dataDir, "store");
    for (const file of readdirSync(store)) {
      const bytes = readFileSync(join(store, file));
      expect([file, bytes.includes(secret), bytes.includes(Buffer.from(secret).toString("base64"))]).toEqual([
        file,
        false,
        false,
      ]);
    }
  });
});

it("a release that does not get ready in its time is taken back, with the last lines of its log", async () => {
  const limit = (seconds: number | null): string =>
    platform.kubectl([
      "patch",
      "app",
      "app",
      "--type=merge",
      "-p",
      `{"spec":{"startTimeoutSeconds":${seconds}}}`,
    ]);
  limit(8);
  platform.commit(folder, { "server.js": 'console.log("still warming up"); setInterval(() => {}, 1000);' });
  const { stderr } = platform.push(folder);
  expect(stderr).toMatch(/it runs, but (listens on no port|nothing listens on port 8080)/);
  expect(stderr).toContain("still warming up");
  expect(newest()?.status).toMatchObject({ phase: "Failed", logSnippet: "still warming up" });
  await answers("after the kill");
  limit(null);
});

describe("a rollback", () => {
  it("brings back the image that a name stood for, though the name means another by now", async () => {
    const built = (field: string): string[] => {
      const path = `jsonpath={.items[*].status.${field}}`;
      return platform.kubectl(["get", "builds", "-l", "nagi.dev/app=app", "-o", path]).split(" ");
    };
    const images = built("output.to.imageDigest");
    const repository = built("outputDockerImageReference")[0]?.split(":").slice(0, 2).join(":");
    const name = `${repository}:moving`;
    const deploy = (image: string | undefined, ...flags: string[]): void => {
      platform.nagi(["tag", `app@${image}`, "app:moving"]);
      platform.nagi(["deploy", "--app", "app", "--image", name, "--port", "8080", ...flags]);
    };
    deploy(images[0]);
    const { version = 0, image: first = "" } = newest()?.spec ?? {};
    deploy(images[1], "--no-wait");
    await until(() => (newest()?.spec.version ?? 0) > version, "a release of the moved name");
    expect(newest()?.spec.image).not.toBe(first);
    platform.nagi(["rollback", `v${version}`, "--app", "app"]);
    expect(newest()?.spec.image).toBe(first);
    expect(first).toMatch(/\/default\/app@sha256:[0-9a-f]{64}$/);
  });

  it("to an image that is gone says so, and changes nothing", () => {
    const image = "localhost/nagi-e2e-gone:1";
    const base = platform.kubectl(["get", "release", "app-v1", "-o", "jsonpath={.spec.image}"]);
    platform.ok("podman", ["build", "-q", "-t", image, "-"], {
      input: `FROM ${base}\nLABEL of=${platform.httpPort}`,
    });
    platform.nagi(["deploy", "--app", "app", "--image", image, "--port", "8080"]);
    const version = newest()?.spec.version ?? 0;
    const pinned = newest()?.spec.image ?? "";
    expect(pinned).toMatch(/^localhost\/nagi-e2e-gone@sha256:[0-9a-f]{64}$/);
    expect(newest()?.spec.cause).toBe(`image ${pinned}`);
    platform.nagi(["rollback", "v1", "--app", "app"]);
    platform.ok("podman", ["rmi", "--force", image]);
    const { code, stderr } = platform.tryNagi(["rollback", `v${version}`, "--app", "app"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot roll back to v${version}: its image ${pinned} can no longer be had`);
    expect(newest()?.spec.version).toBe(version + 1);
  });
});

it("leaves nothing behind", async () => {
  const sets = platform.kubectl(["get", "rs", "-l", "nagi.dev/app=app", "-o", "name"]).trim().split("\n");
  expect(sets.length).toBeLessThanOrEqual(4);
  platform.nagi(["destroy", "app", "--confirm", "app"]);
  const left = (): string =>
    platform
      .kubectl(["get", "all,releases,secrets,configmaps,routes", "-l", "nagi.dev/app=app", "-o", "name"])
      .trim();
  await until(() => left() === "", "everything to be gone");
});
