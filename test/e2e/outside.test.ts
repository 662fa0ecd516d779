/**
 * The way to the outside, set in one place: a mirror with a private CA that builds of each language and base images fetch
 * from; and no outside at all, where what comes with the source or is cached still builds.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instanceOf } from "../../src/main/config.ts";
import { Mirror } from "../harness/mirror.ts";
import { TestPlatform, type Outcome } from "../harness/platform.ts";

let platform: TestPlatform;
let mirror: Mirror;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nagi-outside-"));
  mirror = await Mirror.start(join(folder, "mirror"));
  const dataDir = join(folder, "data");
  mkdirSync(dataDir, { mode: 0o711 });
  writeFileSync(join(dataDir, "build.env"), mirror.settings);
  platform = await TestPlatform.start({ dataDir });
});
afterAll(() => {
  for (const name of added) platform.tryNagi(["platforms", "remove", name]);
  platform.stop();
  mirror.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Another one at each run, since layers and caches of earlier runs are used again: an app's name has it, too. */
const unique = `${process.pid}-${Date.now()}`;
const isAll = process.env["NAGI_TEST_EXAMPLES"] === "all";
/** A try that is made again finds nothing of the one before. */
let tries = 0;
let npmApp = "";
const added: string[] = [];

function build(app: string, files: Readonly<Record<string, string>>): Outcome {
  const source = platform.repository(files);
  platform.tryNagi(["create", app, "--no-remote"]);
  return platform.tryNagi(["deploy", "--app", app, "--dir", source, "--no-wait"]);
}

const java = "public class Main { public static void main(String[] a) {} }\n";
const pom = `<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
<properties><maven.compiler.release>17</maven.compiler.release></properties>
<dependencies><dependency><groupId>test.nagi</groupId><artifactId>tiny</artifactId><version>1.0</version></dependency></dependencies></project>
`;

type Tool = readonly [name: string, files: Readonly<Record<string, string>>, asked: string];

const script = "node -p 'require(`nagi-tiny`)'";
const tools: readonly Tool[] = [
  [
    "npm",
    {
      "package.json": JSON.stringify({
        version: `1.0.0-${unique}`,
        dependencies: { "nagi-tiny": "1.0.0" },
        scripts: { build: script },
      }),
      "server.js": "",
    },
    "/npm/nagi-tiny/-/nagi-tiny-1.0.0.tgz",
  ],
];

/** Their platforms or their tools take long. */
const slowTools: readonly Tool[] = [
  [
    "pip",
    { "requirements.txt": `# ${unique}\nnagi-tiny==1.0.0\n`, "app.py": "import nagi_tiny\n" },
    "/wheels/nagi_tiny-1.0.0-py3-none-any.whl",
  ],
  [
    "go",
    {
      "go.mod": `// ${unique}\nmodule app\n\ngo 1.18\n\nrequire example.test/tiny v1.0.0\n`,
      "main.go": 'package main\n\nimport "example.test/tiny"\n\nfunc main() { println(tiny.Words) }\n',
    },
    "/go/example.test/tiny/@v/v1.0.0.zip",
  ],
  [
    "composer",
    { "composer.json": `{"require":{"nagi/tiny":"1.0.0"},"extra":{"run":"${unique}"}}`, "index.php": "" },
    "/composer/tiny.zip",
  ],
  [
    "bundler",
    { Gemfile: `# ${unique}\nsource "https://rubygems.org"\ngem "nagi-tiny"\n`, "config.ru": "" },
    "/gems/gems/nagi-tiny-1.0.0.gem",
  ],
  ["maven", { "pom.xml": pom, "src/main/java/Main.java": java }, "/maven/test/nagi/tiny/1.0/tiny-1.0.jar"],
  [
    "gradle",
    {
      "build.gradle":
        "apply plugin: 'java'\nrepositories { mavenCentral() }\ndependencies { compile 'test.nagi:tiny:1.0' }\n",
      "src/main/java/Main.java": java,
    },
    "/maven/test/nagi/tiny/1.0/tiny-1.0.jar",
  ],
];

describe("a mirror with a private CA, in build.env", () => {
  it.each(isAll ? [...tools, ...slowTools] : tools)("is asked by %s, and answers", (tool, files, path) => {
    mirror.requests();
    const sums = tool === "go" ? { "go.sum": mirror.goSum() } : {};
    const app = `${tool}-${process.pid}-${(tries += 1)}`;
    if (tool === "npm") npmApp = app;
    const { code, stdout, stderr } = build(app, { ...files, ...sums });
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(mirror.requests()).toContain(path);
  });

  it("is asked by apt and by the steps of a platform's recipe", () => {
    const mark = `${unique}-${(tries += 1)}`;
    const name = `mirrored-${tries}`;
    added.push(name);
    const recipe = join(folder, name);
    mkdirSync(recipe, { recursive: true });
    writeFileSync(join(recipe, "platform.yaml"), `description: From the mirror ${mark}\nfrom: python\n`);
    const apt = "--mount=type=secret,id=nagi-apt,target=/etc/apt/apt.conf.d/00nagi-host,mode=0444";
    const pip = "--mount=type=secret,id=nagi-env --mount=type=secret,id=nagi-ca-bundle";
    writeFileSync(
      join(recipe, "Containerfile"),
      `# ${mark}\nARG BASE\nFROM $BASE\nUSER root\nRUN ${apt} echo ${mark} && apt-get update -qq && apt-get install -y -qq hello\nRUN ${pip} . /run/secrets/nagi-env && pip install --quiet --target /opt/tiny nagi-tiny==1.0.0\nUSER app\n`,
    );
    mirror.requests();
    const { code, stdout, stderr } = platform.tryNagi(["platforms", "add", name, recipe]);
    expect(code, `${stdout}${stderr}`).toBe(0);
    const asked = mirror.requests();
    expect(asked).toContain("/simple/nagi-tiny/");
    expect(asked).toContain("/debian/dists/bookworm/InRelease");
    expect(asked.some((path) => /^\/debian\/pool\/.*\/hello_.*\.deb$/.test(path))).toBe(true);
  });
});

describe("with no outside at all", () => {
  const table = `nagi-test-no-outside-${process.pid}`;
  beforeAll(() => {
    const bridge = `nb-${instanceOf(platform.dataDir)}`;
    const chain = (hook: string): string =>
      `chain ${hook} { type filter hook ${hook} priority -200; iifname "${bridge}" reject; }\n`;
    const rules = `table inet ${table} {\n${chain("forward")}${chain("input")}}\n`;
    platform.ok("nft", ["-f", "-"], { input: rules });
  });
  afterAll(() => platform.ok("nft", ["delete", "table", "inet", table]));

  it.runIf(isAll)("builds what comes with the source", () => {
    const wheels = platform.repository("python-wheels");
    platform.commit(wheels, { "run.txt": unique });
    const go = platform.repository({
      "go.mod": `// ${unique}\nmodule app\n\ngo 1.18\n\nrequire example.test/tiny v1.0.0\n`,
      "main.go": 'package main\n\nimport "example.test/tiny"\n\nfunc main() { println(tiny.Words) }\n',
      "vendor/modules.txt": "# example.test/tiny v1.0.0\n## explicit; go 1.18\nexample.test/tiny\n",
      "vendor/example.test/tiny/tiny.go": 'package tiny\n\nconst Words = "tiny"\n',
    });
    for (const [app, source] of Object.entries({ wheels, vendored: go })) {
      platform.tryNagi(["create", app, "--no-remote"]);
      platform.nagi(["deploy", "--app", app, "--dir", source, "--no-wait"]);
    }
  });

  it("says of what is nowhere what to do", () => {
    const app = `none-${process.pid}`;
    // npm waits and tries again by itself, which is its business.
    const npmrc = "fetch-retries=0\n";
    const files = {
      "package.json": '{"dependencies":{"nagi-none":"1.0.0"}}',
      "server.js": `// ${unique}`,
      ".npmrc": npmrc,
    };
    const { code, stdout, stderr } = build(app, files);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain(
      " !     the npm registry cannot be reached, and not all that the app needs is cached: tell the platform its mirror or proxy (npmrc or build.env), or commit node_modules/ with `offline=true` in .npmrc",
    );
  });

  it("builds a changed source on what is cached", () => {
    const [, npm] = tools[0] ?? ["", {}];
    const { code, stdout, stderr } = build(npmApp, { ...npm, "server.js": "// changed\n" });
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/RUN npm install .*\(cached\)/);
  });
});
