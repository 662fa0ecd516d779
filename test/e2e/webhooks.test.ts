/** Apps built from a forge's repository: webhooks, statuses of commits, deploy keys, private submodules. */

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SshHost } from "../../src/lib/git/testing/ssh-host.ts";
import { Forge, tellPush } from "../harness/forge.ts";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let dir: string;
let forge: Forge;
let ssh: SshHost;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-webhooks-"));
  chmodSync(dir, 0o700);
  forge = await Forge.start(join(dir, "forge"));
  ssh = await SshHost.start(join(dir, "ssh"));
  platform = await TestPlatform.start();
});
afterAll(async () => {
  platform.stop();
  forge.stop();
  await ssh.stop();
  rmSync(dir, { recursive: true, force: true });
});

const git = (folder: string, ...argv: string[]): string => platform.ok("git", argv, { cwd: folder }).trim();
const buildCount = (app: string): number =>
  platform
    .kubectl(["get", "builds", "-l", `nagi.dev/app=${app}`, "-o", "name"])
    .split("\n")
    .filter(Boolean).length;

it("runs the guide's example: a private repository, a deploy key, a webhook", async () => {
  const { code, stdout } = runGuideExample(platform, "webhooks.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toContain('"result":"Built"');
  await until(async () => (await platform.request("shop")).text.includes("Second"), "the second version");
  const secret = platform.kubectl(["get", "secret", "shop-deploy-key", "-o", "jsonpath={.data}"]);
  expect(secret).toContain("known_hosts");
});

it("builds what GitHub tells of, once, and tells it what became of the commit", async () => {
  const bare = forge.make("team/site");
  const work = platform.repository({ "index.html": "one" });
  const commit = (files: Record<string, string>, message?: string): string => {
    platform.commit(work, files, message);
    git(work, "push", "-q", bare, "HEAD:main");
    return git(work, "rev-parse", "HEAD");
  };
  const zero = git(work, "rev-parse", "HEAD");
  const first = commit({ "index.html": "two" });
  platform.createApp("site");
  platform.nagi(["source", "--app", "site", "--git", `${forge.url}/team/site.git`]);
  const hook = JSON.parse(
    platform.nagi(
      [
        "webhooks",
        "add",
        "--app",
        "site",
        "--provider",
        "github",
        "--ignore",
        "*.md",
        "--token",
        "-",
        "-o",
        "json",
      ].concat("--api-url", `${forge.url}/api/v3`),
      { input: "t0ken\n" },
    ),
  ) as { url: string; secret: string };
  expect(platform.nagi(["webhooks", "test", "--app", "site"])).toContain(
    "answers 200: The forge can reach Nagi",
  );

  // The forge is not well at first: the status is told all the same.
  forge.answers.push(502);
  const told = await tellPush(hook, "d-1", { commit: first, before: zero });
  expect(told).toMatchObject({ status: 200, body: { result: "Built", build: "site-1" } });
  await until(
    async () => (await platform.request("site")).text.includes("two"),
    "what was pushed to be live",
  );
  await until(() => forge.statuses.at(-1)?.body["state"] === "success", "the commit's status");
  const last = forge.statuses.at(-1);
  expect(last).toMatchObject({
    path: `/api/v3/repos/team/site/statuses/${first}`,
    authorization: "Bearer t0ken",
    body: { context: "nagi/site", description: "v1 is live" },
  });
  expect(last?.body["target_url"]).toContain("site.localhost");
  expect(forge.statuses[0]?.body["state"]).toBe("pending");

  const refused = await tellPush({ ...hook, secret: "wrong" }, "d-2", { commit: first, before: zero });
  expect(refused).toMatchObject({ status: 401 });
  const again = await tellPush(hook, "d-1", { commit: first, before: zero });
  expect(again.body).toMatchObject({ build: "site-1", repeated: true });
  const ignored = [
    { more: { branch: "dev" }, reason: "OtherBranch" },
    { more: { files: ["README.md"] }, reason: "OtherPaths" },
    { more: { message: "Words [skip ci]" }, reason: "Skipped" },
  ];
  for (const { more, reason } of ignored)
    expect(
      (await tellPush(hook, `d-${reason}`, { commit: first, before: zero, ...more })).body,
    ).toMatchObject({
      result: "Ignored",
      reason,
    });
  expect(buildCount("site")).toBe(1);
  const listed = platform.nagi(["webhooks", "deliveries", "--app", "site"]);
  expect(listed).toMatch(/push +dev +\w{7} +Ignored +OtherBranch/);
  expect(listed).toMatch(/push +main +\w{7} +Built +site-1/);
  await until(
    () => platform.nagi(["events"]).includes("was refused: it was not signed"),
    "the refusal to be an event",
  );

  const broken = commit({ "package.json": "{" }, "Break");
  await tellPush(hook, "d-3", { commit: broken, before: first, files: ["package.json"] });
  await until(() => forge.statuses.at(-1)?.body["state"] === "failure", "the failure to be told");
  expect(forge.statuses.at(-1)?.path).toContain(broken);
  expect((await platform.request("site")).text).toContain("two");

  const replayed = platform.nagi(["webhooks", "replay", "d-1", "--app", "site"]);
  expect(replayed).toContain("Built: Build site-3 was started");
  await until(
    () => platform.nagi(["builds", "--app", "site"]).match(/site-3 .*Complete/) !== null,
    "the replay",
  );
  const token = Buffer.from("t0ken").toString("base64");
  expect(
    platform.kubectl(["get", "apps,builds,webhooks,webhookdeliveries,events", "-o", "json"]),
  ).not.toMatch(new RegExp(`t0ken|${token}|${hook.secret}`));
});

it("loses no delivery that it answered when it is killed, and builds none twice", async () => {
  const bare = forge.make("team/hut");
  const work = platform.repository({ "index.html": "0" });
  let before = git(work, "rev-parse", "HEAD");
  const pushes = ["1", "2", "3"].map((text) => {
    platform.commit(work, { "index.html": `hut ${text}` });
    const commit = git(work, "rev-parse", "HEAD");
    const push = { commit, before };
    before = commit;
    return push;
  });
  git(work, "push", "-q", bare, "HEAD:main");
  platform.createApp("hut");
  platform.nagi(["source", "--app", "hut", "--git", `${forge.url}/team/hut.git`]);
  const added = platform.nagi(["webhooks", "add", "--app", "hut", "--provider", "github", "-o", "json"]);
  const hook = JSON.parse(added) as { url: string; secret: string };
  const told = pushes.map((push, index) => tellPush(hook, `kill-${index}`, push).catch(() => undefined));
  await Promise.race(told);
  await platform.kill();
  const answered = (await Promise.all(told)).map((answer) => answer !== undefined && answer.status < 300);
  expect(answered).toContain(true);
  platform.up();
  const kept = platform.nagi(["webhooks", "deliveries", "--app", "hut", "-o", "json"]);
  for (const [index, { commit }] of pushes.entries())
    if (answered[index] === true) expect(kept).toContain(commit);
    else await tellPush(hook, `kill-${index}`, pushes[index] ?? { commit, before });
  await until(
    async () => (await platform.request("hut")).text.includes("hut 3"),
    "the newest commit to be live",
  );
  const path = "jsonpath={.items[*].spec.revision.git.commit}";
  const built = platform.kubectl(["get", "builds", "-l", "nagi.dev/app=hut", "-o", path]).split(" ");
  expect(built).toContain(pushes.at(-1)?.commit);
  expect(new Set(built).size).toBe(built.length);
});

it("reads a private repository and its submodule with a key for each", () => {
  const lib = platform.repository({ "lib.html": "from the submodule" });
  const main = platform.repository({ "index.html": "private" });
  git(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", lib, "lib");
  git(main, "config", "-f", ".gitmodules", "submodule.lib.url", ssh.url(lib));
  platform.commit(main, {});
  platform.createApp("docs");
  platform.nagi(["source", "--app", "docs", "--git", ssh.url(main)]);
  const keyless = platform.tryNagi(["deploy", "--app", "docs"]);
  expect(keyless.code).toBe(1);
  // The build's log is followed only if the build has not failed before; the summary says it either way.
  expect(keyless.stdout + keyless.stderr).toContain("wants a key: make one with nagi deploy-keys add");

  const own = platform.nagi(["deploy-keys", "add", "--app", "docs"]).trim();
  ssh.allow([{ publicKey: own, repository: main }]);
  const without = platform.tryNagi(["deploy", "--app", "docs"]);
  expect(without.stdout + without.stderr).toMatch(
    /cannot fetch submodule lib .*give the app a key for it: nagi deploy-keys add --repository/,
  );

  const libKey = platform.nagi(["deploy-keys", "add", "--app", "docs", "--repository", ssh.url(lib)]).trim();
  ssh.allow([
    { publicKey: own, repository: main },
    { publicKey: libKey, repository: lib },
  ]);
  const deployed = platform.nagi(["deploy", "--app", "docs"]);
  expect(deployed).toContain("with submodules lib");
  expect(platform.ok("curl", ["-s", `http://docs.localhost:${platform.httpPort}/lib/lib.html`])).toBe(
    "from the submodule",
  );
  const keys = platform.nagi(["deploy-keys", "--app", "docs"]);
  expect(keys).toContain(`[127.0.0.1]:${ssh.port}`);
  expect(platform.nagi(["builds", "logs", "--app", "docs"])).not.toContain("PRIVATE KEY");
});
