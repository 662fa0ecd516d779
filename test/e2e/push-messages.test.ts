/** What a user meets when a push goes wrong: a message that says what to do, and nothing half-deployed. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { TestPlatform } from "../harness/platform.ts";

const server = `import { createServer } from "node:http";
const server = createServer((q, s) => s.end("good")).listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
const good = {
  "package.json": '{ "name": "app", "type": "module" }',
  "server.js": server,
  Procfile: "web: node server.js\n",
};

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository(good);
  platform.nagi(["create", "app"], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});
afterAll(() => platform.stop());

const head = (): string => platform.ok("git", ["ls-remote", "nagi", "refs/heads/main"], { cwd: folder });
const releases = (): string =>
  platform.kubectl([
    "get",
    "releases",
    "-o",
    "jsonpath={range .items[*]}{.metadata.name} {.status.phase},{end}",
  ]);

/** On what runs: whatever was tried before is gone. */
function commitOnGood(files: Readonly<Record<string, string>>): void {
  platform.ok("git", ["reset", "-q", "--hard", "nagi/main"], { cwd: folder });
  platform.commit(folder, files);
}

const manifest = JSON.stringify({ name: "app", dependencies: { "left-pad": "1.3.0" } });
const lockfile = JSON.stringify({
  name: "app",
  lockfileVersion: 3,
  requires: true,
  packages: { "": { name: "app" } },
});

it.each<[string, Record<string, string>, RegExp]>([
  [
    "a Procfile that does not parse",
    { Procfile: "web: node server.js\nworker node w.js\n" },
    /Procfile line 2: "worker node w.js" has no colon/,
  ],
  [
    "a lockfile out of step",
    { "package.json": manifest, "package-lock.json": lockfile },
    /npm install.*commit.*package-lock\.json/is,
  ],
  [
    "a base image that is missing",
    { Dockerfile: "FROM localhost/nagi-no-such-image:1\n" },
    /cannot get an image that the build needs/,
  ],
  ["a Dockerfile that does not parse", { Dockerfile: "FRM nagi/base\n" }, /has no FROM line/],
  [
    "a step that fails",
    { Dockerfile: "FROM nagi/base\nRUN echo why >&2; exit 3\n" },
    /`RUN echo why >&2; exit 3` ended with exit status 3/,
  ],
  [
    "an app.json that is wrong",
    { "app.json": '{ "env": { "A": 1 } }' },
    /app\.json: env\.A is 1: must be a string or an object/,
  ],
  ["an app.json that is no JSON", { "app.json": "{ env: 1 }" }, /app\.json: is not JSON/],
  [
    "a config var that app.json wants",
    { "app.json": '{ "env": { "KEY": {} } }' },
    /nagi config set KEY=\.\.\./,
  ],
])("%s rejects the push, and what runs is left alone", async (_name, files, message) => {
  const before = [head(), releases()];
  commitOnGood(files);
  const { code, stderr } = platform.push(folder);
  expect(stderr).toMatch(message);
  expect(stderr).toContain("What runs is left as it is");
  expect(code).not.toBe(0);
  expect([head(), releases()]).toEqual(before);
  expect(await platform.request("app")).toEqual({ status: 200, text: "good" });
});

it("explains a release phase that used too much memory, and keeps what runs", async () => {
  const limit = { spec: { processes: { release: { resources: { limits: { memory: "64Mi" } } } } } };
  platform.kubectl(["patch", "app", "app", "--type=merge", "-p", JSON.stringify(limit)]);
  commitOnGood({
    Procfile:
      'web: node server.js\nrelease: node -e "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"\n',
  });
  const { stderr } = platform.push(folder);
  expect(stderr).toContain("it used more memory than its limit and was killed (OOMKilled, exit code 137)");
  expect(stderr).toContain("What ran before goes on");
  expect(releases()).toBe("app-v1 Live,app-v2 Failed,");
  expect(await platform.request("app")).toEqual({ status: 200, text: "good" });
});

it("has nothing left of all that", () => {
  const pods = platform.kubectl([
    "get",
    "pods",
    "-o",
    "jsonpath={.items[*].metadata.labels.nagi\\.dev/process}",
  ]);
  expect(pods.split(" ").toSorted()).toEqual(["release", "web"]);
  const builds = platform.kubectl(["get", "builds", "-o", "jsonpath={.items[*].status.phase}"]).split(" ");
  expect(new Set(builds)).toEqual(new Set(["Complete", "Failed"]));
  const tags = platform
    .ok("podman", ["images", "--format", "{{.Repository}}:{{.Tag}}"])
    .split("\n")
    .filter((tag) => tag.startsWith(`127.0.0.1:${platform.registryPort}/`));
  expect(tags).toHaveLength(builds.filter((phase) => phase === "Complete").length);
});
