/** Images as branches: pushes with real clients, tags that apps follow, imports from another registry. */

import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { root, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let registry: string;
let otherRegistry: string;
let otherProgram: ChildProcess | undefined;
const versions = ["one", "two", "three", "four"];
const local = (version: string): string => `localhost/nagi-e2e-${registry.split(":")[1]}:${version}`;

beforeAll(async () => {
  platform = await TestPlatform.start();
  registry = `127.0.0.1:${platform.registryPort}`;
  for (const version of versions) {
    const serve = `require('http').createServer((q,s)=>s.end('${version}')).listen(process.env.PORT)`;
    const text = `FROM localhost/nagi/nodejs\nCMD ["node","-e","${serve}"]\n`;
    const file = join(platform.dataDir, `Containerfile-${version}`);
    writeFileSync(file, text);
    const place = join(platform.dataDir, "run");
    platform.ok("podman", ["build", "-q", "-t", local(version), "-f", file, place]);
  }
  otherRegistry = `127.0.0.1:${await freePort()}`;
  const config = join(platform.dataDir, "other-registry.yml");
  const storage = `filesystem: { rootdirectory: ${join(platform.dataDir, "other")} }`;
  writeFileSync(config, `version: 0.1\nstorage: { ${storage} }\nhttp: { addr: "${otherRegistry}" }\n`);
  otherProgram = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  const answers = () =>
    fetch(`http://${otherRegistry}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(answers, "the other registry");
});
afterAll(() => {
  otherProgram?.kill();
  platform.run("podman", ["rmi", "-f", ...versions.map(local)]);
  platform.stop();
});

/** A command as a user types it, whose home is the data directory. */
function shell(line: string): string {
  const text = `export HOME=${platform.dataDir} PATH=${join(root, "bin")}:$PATH; ${line}`;
  return platform.ok("bash", ["-ec", text]);
}

function push(version: string, tag: string, to = registry): void {
  const target = to === registry ? `${to}/default/${tag}` : `${to}/${tag}`;
  shell(`podman push -q --tls-verify=false ${local(version)} ${target}`);
}

async function answers(app: string, text: string): Promise<void> {
  await until(async () => (await platform.request(app)).text === text, `${app} to answer ${text}`);
}

function tagLine(tag: string): string {
  const line = platform
    .nagi(["images"])
    .split("\n")
    .find((each) => each.startsWith(`${tag} `));
  return line ?? "";
}

describe("the registry", () => {
  it("turns away who has no token, and takes who logs in", () => {
    writeFileSync(join(platform.dataDir, "none.json"), "{}");
    const refused = platform.run("podman", [
      "push",
      "--tls-verify=false",
      `--authfile=${platform.dataDir}/none.json`,
      local("one"),
      `${registry}/default/hello:latest`,
    ]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/authentication required|unauthorized|denied/);
    expect(shell("nagi registry login")).toContain(`Logged in to ${registry}`);
    push("one", "hello:latest");
    const inspect = `skopeo inspect --tls-verify=false --format {{.Digest}} docker://${registry}/default/hello:latest`;
    expect(shell(inspect)).toMatch(/^sha256:/);
  });
});

describe("a tag that an app follows", () => {
  it("is the guide's example, word by word", async () => {
    const guide = readFileSync(join(root, "docs/guide/images.md"), "utf8");
    const example = /<!-- example -->\n\n((?: {4}.*\n)+)/.exec(guide)?.[1] ?? "";
    const lines = example
      .split("\n")
      .map((line) => line.replace(/#.*/, "").trim())
      .filter(Boolean);
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const here = line
        .replaceAll("127.0.0.1:5000", registry)
        .replaceAll(/localhost\/hello:(\w+)/g, (_, version: string) => local(version));
      shell(here);
    }
    await answers("hello-prod", "two");
  });

  it("releases an image that is pushed to it, and says so", async () => {
    push("three", "hello:prod");
    await answers("hello-prod", "three");
    const history = platform.nagi(["images", "history", "hello:prod"]);
    expect(history).toMatch(/\* .*push.*hello-prod v\d+ \(live\)/);
    expect(history).toContain("copy from hello");
    expect(platform.nagi(["releases", "--app", "hello-prod"])).toContain("Deploy hello:prod (hello@");
    expect(tagLine("hello:prod")).toContain("hello-prod");
  });

  it("rolls back, and stays there until the tag moves again", async () => {
    platform.nagi(["rollback", "--app", "hello-prod"]);
    await answers("hello-prod", "two");
    platform.nagi(["tag", "hello:prod", "hello:before"]);
    push("one", "hello:prod");
    await answers("hello-prod", "one");
  });

  it("follows another tag with --alias, and is gone after -d", async () => {
    platform.nagi(["tag", "--alias", "hello:latest", "hello:staging"]);
    push("three", "hello:latest");
    const image = () => tagLine("hello:staging").split(/ +/)[1];
    await until(() => image() === tagLine("hello:latest").split(/ +/)[1], "hello:staging to follow");
    platform.nagi(["tag", "-d", "hello:staging"]);
    await until(() => tagLine("hello:staging") === "", "hello:staging to be gone");
    const pull = platform.run("bash", [
      "-c",
      `HOME=${platform.dataDir} skopeo inspect --tls-verify=false docker://${registry}/default/hello:staging`,
    ]);
    expect(pull.stderr).toMatch(/manifest unknown/);
  });

  it("keeps what it runs when it follows no more", async () => {
    platform.nagi(["follow", "hello-prod", "--off"]);
    push("two", "hello:prod");
    await until(() => platform.nagi(["images", "history", "hello:prod"]).split("\n").length > 5, "the move");
    expect((await platform.request("hello-prod")).text).toBe("one");
  });
});

describe("images that nothing needs", () => {
  const prune = ["images", "prune", "hello", "--keep-younger-than", "0", "--keep-tag-revisions", "1"];
  const has = (digest: string): boolean =>
    platform.run("bash", [
      "-c",
      `HOME=${platform.dataDir} skopeo inspect --raw --tls-verify=false docker://${registry}/default/hello@${digest}`,
    ]).code === 0;
  const digestAt = (tag: string): string => {
    const istag = JSON.parse(platform.kubectl(["get", "istag", tag, "-o", "json"])) as {
      image: { metadata: { name: string } };
    };
    return istag.image.metadata.name;
  };

  it("go while pushes come, and nothing that a release needs goes with them", async () => {
    push("four", "hello:scratch");
    await until(() => tagLine("hello:scratch") !== "", "the tag hello:scratch");
    const four = digestAt("hello:scratch");
    push("one", "hello:scratch");
    await until(() => digestAt("hello:scratch") !== four, "hello:scratch to move");
    const shown = platform.nagi(prune);
    expect(shown).toMatch(/hello .* keep .*release hello-prod v\d/);
    expect(shown).toMatch(/hello .* remove .*nothing needs it/);
    expect(shown).toContain("Would remove");
    expect(has(four)).toBe(true);
    const during = ["1", "2", "3"].map(
      (name) =>
        `podman push -q --tls-verify=false ${local("two")} ${registry}/default/hello:during-${name} & `,
    );
    const done = shell(`${during.join("")} nagi ${prune.join(" ")} --confirm; wait $(jobs -p)`);
    expect(done).toMatch(/Removed [1-9]\d* of \d+ images/);
    expect(has(four)).toBe(false);
    for (const name of ["1", "2", "3"])
      await until(() => tagLine(`hello:during-${name}`) !== "", `the push of hello:during-${name}`);
    platform.nagi(["rollback", "v3", "--app", "hello-prod"]);
    await answers("hello-prod", "three");
  });

  it("are kept as the settings say, which can be changed", () => {
    expect(platform.nagi(["images", "retention", "keepTagRevisions=3"])).toMatch(/keepTagRevisions +3/);
    expect(platform.nagi(["images", "retention"])).toMatch(/Last run .*, as asked: \d+ images removed/);
  });
});

describe("an import", () => {
  it("copies the image here, so that it outlives the other registry", async () => {
    push("one", "team/base:1", otherRegistry);
    const from = `${otherRegistry}/team/base:1`;
    const failed = platform.tryNagi([
      "import-image",
      "base:0",
      "--from",
      `${otherRegistry}/team/none:1`,
      "--insecure",
    ]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/cannot copy the image .*team\/none:1.*manifest unknown/);
    platform.nagi(["import-image", "base:1", "--from", from, "--insecure", "--scheduled", "--every", "1"]);
    expect(tagLine("base:1")).toContain(`import of ${from}`);
    platform.createApp("base", ["--no-remote"]);
    platform.nagi(["follow", "base", "base:1"]);
    await answers("base", "one");
  });

  it("looks again by itself, and the app follows", async () => {
    push("two", "team/base:1", otherRegistry);
    await answers("base", "two");
  });
});

describe("tags for kubectl and oc", () => {
  it("are listed, made, moved and deleted as objects", async () => {
    expect(platform.kubectl(["get", "istag"])).toMatch(/NAME +IMAGE REFERENCE +UPDATED/);
    const from = (name: string) => ({ kind: "ImageStreamTag", name });
    const tag = {
      apiVersion: "image.openshift.io/v1",
      kind: "ImageStreamTag",
      metadata: { name: "hello:made", namespace: "default" },
      tag: { from: from("hello:latest") },
    };
    const file = join(platform.dataDir, "istag.json");
    writeFileSync(file, JSON.stringify(tag));
    platform.kubectl(["create", "-f", file]);
    await until(
      () => tagLine("hello:made").split(/ +/)[1] === tagLine("hello:latest").split(/ +/)[1],
      "the tag",
    );
    platform.kubectl(["delete", "istag", "hello:made"]);
    await until(() => tagLine("hello:made") === "", "hello:made to be gone");
  });

  it("take imports, and templates are processed", () => {
    push("one", "team/kube:1", otherRegistry);
    const wanted = {
      apiVersion: "image.openshift.io/v1",
      kind: "ImageStreamImport",
      metadata: { name: "kube", namespace: "default" },
      spec: {
        import: true,
        images: [
          {
            from: { kind: "DockerImage", name: `${otherRegistry}/team/kube:1` },
            importPolicy: { insecure: true },
          },
        ],
      },
    };
    const post = (path: string, body: object): string => {
      const file = join(platform.dataDir, "raw.json");
      writeFileSync(file, JSON.stringify(body));
      return platform.kubectl(["create", "--raw", path, "-f", file]);
    };
    const base = "/apis/image.openshift.io/v1/namespaces/default";
    expect(post(`${base}/imagestreamimports`, wanted)).toMatch(/"status":"Success".*kube@sha256:/);
    const template = {
      apiVersion: "template.openshift.io/v1",
      kind: "Template",
      metadata: { name: "t" },
      objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "${NAME}" } }],
      parameters: [{ name: "NAME", value: "filled-in" }],
    };
    const place = "/apis/template.openshift.io/v1/namespaces/default/processedtemplates";
    expect(post(place, template)).toContain('"name":"filled-in"');
  });

  it("are drawn with who follows them", () => {
    const text = platform.nagi(["images", "graph"]);
    expect(text).toMatch(/▶ \(follows|▶ \(imported every|▶ \(releases\) app base/);
    expect(text).toContain("When base:1 moves, it is released to base.");
    expect(platform.nagi(["images", "graph", "base", "--svg"])).toMatch(
      /^<svg [\s\S]*base:1[\s\S]*<\/svg>\n$/,
    );
  });
});

describe("what is wrong", () => {
  it.each([
    [["tag", "hello:nope", "hello:x"], /there is no tag hello:nope.*\n.*The tags of hello: /],
    [["tag", "hello:latest"], /needs a source and a target/],
    [["tag", "-d", "hello:nope"], /there is no tag hello:nope/],
    [["images", "history", "none:x"], /there is no image stream none/],
    [["import-image", "hello:latest"], /not imported from anywhere/],
    [["follow", "hello-prod", "UPPER:x"], /names no tag/],
    [["images", "graph", "nope"], /there is no stream or app nope/],
    [
      ["images", "prune", "--keep-younger-than", "soon"],
      /--keep-younger-than is "soon": must be a number with/,
    ],
    [["images", "retention", "keep=1"], /"keep=1" is no setting[\s\S]*keepTagRevisions/],
    [["settings", "--app", "hello-prod", "start-timeout=0"], /start-timeout is "0": must be whole seconds/],
  ] as const)("%j is explained", (argv, message) => {
    const { code, stderr } = platform.tryNagi(argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
