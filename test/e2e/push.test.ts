/** The way of a push, as a user goes it. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start({ nodes: 2 });
  folder = platform.repository("hello");
});
afterAll(() => platform.stop());

/** Else the kernel spares the first process of a container, and every end of one takes half a minute. */
const endsWhenAsked = 'process.on("SIGTERM", () => process.exit(0));\n';
const server = (text: string): string =>
  `import { createServer } from "node:http";\ncreateServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT);\n${endsWhenAsked}`;

/** The router follows a release within moments. */
async function answers(text: string): Promise<void> {
  let seen = "";
  await until(async () => {
    const { status, text: body } = await platform.request("hello");
    seen = `${status} ${body}`;
    return seen === `200 ${text}`;
  }, `the answer ${text}`).catch((error: unknown) => {
    throw new Error(`the app answers ${seen}`, { cause: error });
  });
}

interface ReleaseList {
  readonly items: readonly {
    readonly spec: { readonly version: number };
    readonly status?: { readonly phase?: string };
  }[];
}

function releases(): string[] {
  const list = JSON.parse(platform.nagi(["releases", "-o", "json"], { cwd: folder })) as ReleaseList;
  return list.items.map(({ spec, status }) => `v${spec.version} ${status?.phase}`);
}

describe("hello", () => {
  it("is created, with a git remote", () => {
    const text = platform.createApp("hello", [], { cwd: folder });
    expect(text).toContain(`http://hello.localhost:${platform.httpPort}`);
    expect(platform.ok("git", ["remote"], { cwd: folder })).toBe("nagi\n");
    expect(platform.tryNagi(["create", "hello"], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is an app hello in namespace default already") as string,
    });
  });

  it("answers before the first push with a page that says what to do", async () => {
    expect((await platform.request("hello")).status).toBe(503);
  });

  it("is pushed, built, released and answers", async () => {
    const { code, stderr } = platform.push(folder);
    expect(stderr).toContain("remote:");
    expect(stderr).toContain(`http://hello.localhost:${platform.httpPort}`);
    expect(code).toBe(0);
    expect(await platform.request("hello")).toMatchObject({ status: 200 });
    expect(releases()).toEqual(["v1 Live"]);
  });

  it("answers anew after a one-line change", async () => {
    platform.commit(folder, { "server.js": server("second") });
    expect(platform.push(folder).code).toBe(0);
    await answers("second");
    expect(releases()).toEqual(["v1 Superseded", "v2 Live"]);
  });

  it("rejects a push whose build fails, and leaves what runs alone", async () => {
    const before = platform.ok("git", ["ls-remote", "nagi", "refs/heads/main"], { cwd: folder });
    const manifest = JSON.stringify({ name: "hello", scripts: { build: "exit 3", start: "node server.js" } });
    platform.commit(folder, { "package.json": manifest });
    const { code, stderr } = platform.push(folder);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/rejected/);
    expect(platform.ok("git", ["ls-remote", "nagi", "refs/heads/main"], { cwd: folder })).toBe(before);
    await answers("second");
    platform.ok("git", ["reset", "-q", "--hard", "HEAD~1"], { cwd: folder });
  });

  it("keeps the good release when the new one never becomes ready", async () => {
    platform.commit(folder, { "server.js": 'console.log("going down"); process.exit(7);\n' });
    const { stderr } = platform.push(folder);
    expect(stderr).toMatch(/exit code 7|exits? with 7|code 7/i);
    await answers("second");
    expect(releases().at(-1)).toBe("v3 Failed");
    platform.ok("git", ["reset", "-q", "--hard", "HEAD~1"], { cwd: folder });
  });

  it("makes a release of a config change, and shows it to the app", async () => {
    platform.commit(folder, {
      "server.js": `import { createServer } from "node:http";\ncreateServer((q, s) => s.end(process.env.GREETING || "none")).listen(process.env.PORT);\n${endsWhenAsked}`,
    });
    expect(platform.push(folder, ["--force", "nagi", "main"]).code).toBe(0);
    await answers("none");
    const text = platform.nagi(["config:set", "GREETING=hi there"], { cwd: folder });
    expect(text).toContain("Set GREETING of hello");
    await answers("hi there");
    expect(platform.nagi(["config", "get", "GREETING"], { cwd: folder })).toBe("hi there\n");
    platform.nagi(["config", "unset", "GREETING"], { cwd: folder });
    await answers("none");
  });

  it("rolls back", async () => {
    platform.nagi(["rollback", "v2"], { cwd: folder });
    await answers("second");
    expect(platform.nagi(["releases"], { cwd: folder })).toMatch(/Rollback to v2/i);
  });

  it("scales up and down, and shows its processes", () => {
    platform.nagi(["scale", "web=3"], { cwd: folder });
    expect(platform.nagi(["ps"], { cwd: folder }).match(/ Running /g)).toHaveLength(3);
    platform.nagi(["ps:scale", "web-2"], { cwd: folder });
    expect(platform.tryNagi(["scale", "wib=1"], { cwd: folder }).stderr).toContain("It has: web");
  });

  it("shows the lines of its processes and its requests", async () => {
    await platform.request("hello", "/seen-in-the-log");
    await until(
      () => platform.nagi(["logs"], { cwd: folder }).includes("/seen-in-the-log"),
      "the access log line",
    );
  });

  it("runs a one-off command and gives its exit code", () => {
    const ran = platform.tryNagi(["run", "--app", "hello", "--", "sh", "-c", "echo from $NAGI_APP; exit 4"]);
    expect(ran.code).toBe(4);
  });

  it("restarts without a gap", () => {
    expect(platform.nagi(["restart"], { cwd: folder })).toContain("Restarted web of hello");
  });

  it("stores another branch and a tag without deploying them", () => {
    const before = releases();
    platform.ok("git", ["branch", "topic"], { cwd: folder });
    platform.ok("git", ["tag", "one"], { cwd: folder });
    const { code, stderr } = platform.push(folder, ["nagi", "topic", "one"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/topic/);
    expect(releases()).toEqual(before);
  });

  it("is destroyed only when that is confirmed, and leaves nothing", () => {
    expect(platform.tryNagi(["destroy", "hello"]).code).toBe(2);
    platform.nagi(["destroy", "hello", "--confirm", "hello"]);
    expect(platform.kubectl(["get", "deploy,rs,svc,routes,releases", "-o", "name"]).trim()).toBe("");
  });
});

describe("other ways", () => {
  it("deploys a directory", async () => {
    const site = platform.repository({ "index.html": "<h1>a page</h1>" });
    platform.createApp("site", ["--no-remote"]);
    platform.nagi(["deploy", "--app", "site", "--dir", site]);
    expect((await platform.request("site")).text).toContain("a page");
  });

  it("builds a Dockerfile", async () => {
    const docker = platform.repository({
      Dockerfile:
        'FROM nagi/nodejs\nCOPY server.js .\nENV PORT=3000\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
      "server.js": server("from a Dockerfile"),
    });
    platform.createApp("docker", [], { cwd: docker });
    const { code, stderr } = platform.push(docker);
    expect(stderr).toContain("docker.localhost");
    expect(code).toBe(0);
    expect((await platform.request("docker")).text).toBe("from a Dockerfile");
  });
});
