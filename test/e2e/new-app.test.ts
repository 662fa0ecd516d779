/** `nagi new-app` with a template, a git repository, directories and an image; `nagi process`. */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { root, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-new-app-"));
  platform = await TestPlatform.start();
});
afterAll(() => {
  platform.stop();
  rmSync(dir, { recursive: true, force: true });
});

const database = "app-with-postgresql";
const host = (app: string) => `${app}.localhost:${platform.httpPort}`;

it("shows a template's parameters, and says which are missing or unknown", () => {
  expect(platform.nagi(["process", database, "--parameters"])).toMatch(/^NAME +yes/m);
  const missing = platform.tryNagi(["process", database, "-p", "SIZE=1"]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain("parameter NAME is required and must be specified");
  expect(missing.stderr).toContain('parameters: Invalid value: "SIZE": the template has no such parameter');
  const unknown = platform.tryNagi(["new-app", "--template", "nothing"]);
  expect(unknown.stderr).toContain("there is no template nothing in namespace default, nor in openshift");
});

it("processes a template to objects that can be created", () => {
  const text = platform.nagi(["process", database, "-p", "NAME=other"]);
  const { items } = JSON.parse(text) as { items: { kind: string; metadata: { name: string } }[] };
  expect(items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain("App other");
  const created = platform.nagi(["create", "-f", "-"], {
    input: platform.nagi([
      "process",
      "-f",
      join(root, "templates/app-with-postgresql.yaml"),
      "-p",
      "NAME=other",
    ]),
  });
  expect(created).toContain("statefulset.apps/other-postgresql created");
  platform.nagi(["delete", "app/other", "statefulset/other-postgresql", "service/other-postgresql"]);
});

it("makes an app with a real database, whose rows outlive its pod", async () => {
  const made = platform.nagi(["new-app", "--template", database, "-p", "NAME=guest"]);
  expect(made).toContain("app.nagi.dev/guest created");
  expect(made).toContain("nagi deploy --app guest");
  platform.nagi(["deploy", "--app", "guest", "--dir", join(root, "examples/guestbook")]);
  const ask = async (...words: string[]): Promise<string> =>
    platform.ok("curl", ["-s", "-m", "5", ...words, `http://${host("guest")}/`]);
  await ask("-d", "first");
  platform.kubectl(["delete", "pod", "guest-postgresql-0"]);
  platform.kubectl(["wait", "--for=condition=Ready", "pod/guest-postgresql-0", "--timeout=120s"]);
  await until(async () => (await ask("-d", "second")) === "", "the app to reach its database again");
  await until(async () => (await ask()).endsWith("second\n"), "the second line");
  expect((await ask()).startsWith("first\n")).toBe(true);
  const again = platform.tryNagi(["new-app", database, "-p", "NAME=guest"]);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("Secret guest-postgresql exists already");
});

it("makes an app with a Redis server that keeps its data", async () => {
  const { code, stdout } = runGuideExample(platform, "templates.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^1$/m);
  // While its server is away the app lets its clients wait.
  const visits = (): string => platform.run("curl", ["-s", "-m", "5", `http://${host("count")}/`]).stdout;
  expect(visits()).toBe("2\n");
  platform.kubectl(["delete", "pod", "count-redis-0"]);
  platform.kubectl(["wait", "--for=condition=Ready", "pod/count-redis-0", "--timeout=120s"]);
  await until(() => /^\d+\n$/.test(visits()), "the app to reach its server again");
  expect(Number(visits())).toBeGreaterThan(2);
});

it("looks at directories, and makes nothing in a dry run", () => {
  const seen = platform.nagi([
    "new-app",
    "--dry-run",
    join(root, "examples/hello"),
    `+${join(root, "examples/static")}`,
  ]);
  expect(seen).toMatch(/Found in .*hello: Node.js app: .*Procfile with web/);
  expect(seen).toMatch(/makes app static, built from/);
  expect(platform.nagi(["get", "apps", "-o", "name"])).not.toContain("hello");
  const yaml = platform.nagi(["new-app", "-o", "yaml", "--name", "shop", join(root, "examples/hello")]);
  expect(yaml).toContain("name: shop");
});

it("makes an app of a directory of a git repository's branch", async () => {
  const repository = join(dir, "repo");
  platform.ok("git", ["init", "-q", "-b", "main", repository]);
  cpSync(join(root, "examples/static"), join(repository, "site"), { recursive: true });
  const git = (...argv: string[]) =>
    platform.ok("git", ["-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com", ...argv]);
  git("add", "-A");
  git("commit", "-qm", "site");
  git("branch", "stable");
  const out = platform.nagi([
    "new-app",
    `file://${repository}#stable`,
    "--context-dir",
    "site",
    "--name",
    "site",
  ]);
  expect(out).toContain("Static site");
  const answer = platform.ok("curl", ["-s", `http://${host("site")}/`]);
  expect(answer).toContain("<html");
  const twice = platform.tryNagi([
    "new-app",
    `file://${repository}`,
    "--context-dir",
    "site",
    "--name",
    "site",
  ]);
  expect(twice.stderr).toContain("there is an app site in namespace default already");
  const nowhere = platform.tryNagi(["new-app", `file://${repository}`, "--context-dir", "nowhere"]);
  expect(nowhere.stderr).toContain("has no such directory");
});

it("says what is wrong with what it is given", () => {
  expect(platform.tryNagi(["new-app"]).stderr).toContain(
    "needs a git URL, a directory, an image or a template",
  );
  const hello = join(root, "examples/hello");
  const named = platform.nagi(["new-app", "--dry-run", `nodejs~${hello}`]);
  expect(named).toContain(`Found in ${hello}: source for nodejs, as you say`);
  expect(platform.nagi(["new-app", "-o", "yaml", `nodejs~${hello}`])).toContain("platform: nodejs\n");
  expect(platform.nagi(["new-app", "-o", "yaml", `own/builder:1~${hello}`])).toContain(
    "image: own/builder:1\n",
  );
  expect(platform.tryNagi(["new-app", "nodejs~nowhere"]).stderr).toContain(
    "nowhere, which nodejs is to build, is no directory and no git URL",
  );
  expect(platform.tryNagi(["deploy", "nowhere"]).stderr).toContain(
    'nagi deploy takes no argument "nowhere"\nA directory: --dir nowhere',
  );
  expect(platform.tryNagi(["new-app", "./not-there"]).stderr).toContain("is no directory, git URL or image");
  expect(platform.tryNagi(["new-app", `file://${dir}/no.git`]).stderr).toContain(
    "does not appear to be a git repository",
  );
  const empty = mkdtempSync(join(dir, "empty-"));
  expect(platform.tryNagi(["new-app", empty]).stderr).toContain("the source has no files");
});
