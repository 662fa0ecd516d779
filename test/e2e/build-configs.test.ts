/** BuildConfigs as their users meet them: manifests, triggers, run policies, every way to start a build. */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

const metadata = (name: string): object => ({ name });
const to = (name: string): object => ({ to: { kind: "ImageStreamTag", name } });

/** A BuildConfig; without triggers unless said. */
function config(name: string, spec: object): object {
  const whole = { strategy: { dockerStrategy: {} }, output: to(`${name}:latest`), ...spec };
  return { apiVersion: "build.openshift.io/v1", kind: "BuildConfig", metadata: metadata(name), spec: whole };
}

function create(...objects: readonly object[]): void {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const made = platform.run("kubectl", ["create", "-f", "-"], { input });
  if (made.code === 0) return;
  // What an earlier try of the test made.
  expect(made.stderr).toContain("AlreadyExists");
  platform.kubectl(["delete", "--ignore-not-found", "-f", "-"], { input });
  platform.kubectl(["create", "-f", "-"], { input });
}

interface Listed {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly source?: object; readonly triggeredBy?: readonly { readonly message: string }[] };
  readonly status: { readonly phase?: string; readonly reason?: string; readonly message?: string };
}

function builds(name: string): readonly Listed[] {
  const selector = `openshift.io/build-config.name=${name}`;
  const text = platform.kubectl(["get", "builds", "-l", selector, "-o", "json"]);
  const { items } = JSON.parse(text) as { readonly items: readonly Listed[] };
  return items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, "en", { numeric: true }));
}

const token = (): string => /token: (\S+)/.exec(platform.kubectl(["config", "view", "--raw"]))?.[1] ?? "";

const phases = (name: string): (string | undefined)[] => builds(name).map(({ status }) => status.phase);

it("goes as the guide begins, and goes on after a kill without building anything twice", async () => {
  const { code, stdout } = runGuideExample(platform, "build-configs.md");
  expect(stdout).toMatch(/\*\* Hello \*\*[^]*\*\* Ahoy \*\*[^]*banner-2 +Docker[^]*greeting-2 +Docker/);
  expect(code).toBe(0);
  platform.nagi(["start-build", "greeting", "--build-arg", "WORD=Moin", "--wait"]);
  await platform.kill();
  platform.up();
  await until(() => phases("banner").length >= 3, "the build of the image that came before the kill");
  await until(
    () => phases("banner").every((phase) => phase !== "New" && phase !== "Pending" && phase !== "Running"),
    "it to end",
  );
  expect(builds("greeting").length).toBe(3);
  expect(builds("banner").map(({ spec }) => spec.triggeredBy?.[0]?.message)).toEqual(
    Array(3).fill("Image change"),
  );
});

describe("a manifest with all that a Docker build can have", () => {
  beforeAll(() => {
    const folder = platform.repository({ "hook.sh": "cat /word\n" });
    mkdirSync(join(folder, "image"));
    platform.commit(folder, {
      "image/Dockerfile.own":
        "FROM replaced\nARG GREETING\nCOPY conf/ /conf/\nCOPY keys/token /token\nCOPY from-image/ /from/\nCOPY --from=tools /usr/bin/env /tools-env\n" +
        'RUN echo "$GREETING $WORD $(cat /conf/colour) $(cat /from/debian_version)" > /word; cat /word\n',
    });
    platform.createApp("stored", [], { cwd: folder });
    expect(platform.push(folder, ["nagi", "main:kept"]).code).toBe(0);
    platform.kubectl([
      "create",
      "secret",
      "generic",
      "git",
      "--type=kubernetes.io/basic-auth",
      "--from-literal=username=admin",
      `--from-literal=password=${token()}`,
    ]);
    platform.kubectl([
      "create",
      "secret",
      "generic",
      "keys",
      "--from-literal=token=hush",
      "--from-literal=word=w0rd",
    ]);
    platform.kubectl(["create", "configmap", "conf", "--from-literal=colour=green"]);
    const base = { kind: "DockerImage", name: "nagi/base" };
    create(
      config("full", {
        source: {
          git: { uri: `http://localhost:${platform.httpPort}/stored.git`, ref: "kept" },
          sourceSecret: { name: "git" },
          contextDir: "image",
          secrets: [{ secret: { name: "keys" }, destinationDir: "keys" }],
          configMaps: [{ configMap: { name: "conf" }, destinationDir: "conf" }],
          images: [
            { from: base, as: ["tools"] },
            { from: base, paths: [{ sourcePath: "/etc/debian_version", destinationDir: "from-image" }] },
          ],
        },
        strategy: {
          dockerStrategy: {
            dockerfilePath: "Dockerfile.own",
            from: base,
            buildArgs: [{ name: "GREETING", value: "given" }],
            env: [{ name: "WORD", valueFrom: { secretKeyRef: { name: "keys", key: "word" } } }],
          },
        },
        output: { ...to("full:v1"), imageLabels: [{ name: "team", value: "bakery" }] },
        postCommit: { script: 'grep -q green /word && test "$WORD" = w0rd' },
        resources: { limits: { memory: "400Mi" } },
        completionDeadlineSeconds: 600,
        serviceAccount: "builder",
        nodeSelector: { disk: "fast" },
        failedBuildsHistoryLimit: 1,
      }),
    );
  });

  it("is built, with OpenShift's names, and its image is labelled", async () => {
    const output = platform.nagi(["start-build", "full", "--follow", "--build-arg", "GREETING=asked"]);
    expect(output).toMatch(/Fetching kept of .*stored\.git[^]*asked w0rd green \d[^]*Post-commit hook/);
    const [made] = builds("full");
    expect(made?.metadata).toMatchObject({
      name: "full-1",
      annotations: { "openshift.io/build.number": "1" },
      labels: { buildconfig: "full", "openshift.io/build-config.name": "full" },
    });
    expect(made?.status).toMatchObject({ phase: "Complete", config: { kind: "BuildConfig", name: "full" } });
    await until(() => /\bv1\b/.test(platform.kubectl(["get", "is", "full"])), "the tag to move");
    const image = platform.kubectl([
      "get",
      "build",
      "full-1",
      "-o",
      "jsonpath={.status.outputDockerImageReference}",
    ]);
    expect(platform.ok("podman", ["inspect", "--format", "{{.Config.Labels.team}}", image]).trim()).toBe(
      "bakery",
    );
    expect(platform.nagi(["builds", "info", "full-1"])).toMatch(/Why: +Manually triggered/);
  });

  it("fails with its hook, is repeated, and is forgotten beyond the limit", async () => {
    const hook = { spec: { postCommit: { script: "echo not good; exit 3" } } };
    platform.kubectl(["patch", "bc", "full", "--type=merge", "-p", JSON.stringify(hook)]);
    const { code, stdout, stderr } = platform.tryNagi(["start-build", "full", "-F"]);
    expect(stdout).toContain("not good");
    expect(stderr).toContain("the hook of spec.postCommit ended with exit status 3");
    expect(code).toBe(1);
    expect(builds("full")[1]?.status).toMatchObject({ phase: "Failed", reason: "PostCommitHookFailed" });
    expect(platform.tryNagi(["builds", "retry", "full-2"]).stderr).toContain("exit status 3");
    await until(
      () =>
        builds("full")
          .map(({ metadata: { name } }) => name)
          .join() === "full-1,full-3",
      "full-2 to be forgotten",
    );
  });

  it("tells where its webhooks are", () => {
    const secretReference = { name: "hook" };
    const triggers = [
      { type: "GitHub", github: { secretReference } },
      { type: "Generic", generic: { secretReference } },
    ];
    platform.kubectl(["patch", "bc", "full", "--type=merge", "-p", JSON.stringify({ spec: { triggers } })]);
    const { stdout, code } = platform.tryNagi(["start-build", "full", "--list-webhooks", "all"]);
    const base = `https://127.0.0.1:${platform.apiPort}/apis/build.openshift.io/v1/namespaces/default/buildconfigs/full`;
    expect(stdout).toBe(`${base}/webhooks/<secret>/github\n${base}/webhooks/<secret>/generic\n`);
    expect(code).toBe(0);
    expect(platform.tryNagi(["start-build", "full", "--list-webhooks", "gitlab"]).stderr).toContain(
      "no gitlab trigger",
    );
  });

  it("says which field names what is not there", () => {
    const missing = { spec: { source: { configMaps: [{ configMap: { name: "none" } }] } } };
    platform.kubectl(["patch", "bc", "full", "--type=merge", "-p", JSON.stringify(missing)]);
    expect(platform.tryNagi(["start-build", "full", "--wait"]).stderr).toContain(
      "spec.source.configMaps[0].configMap: there is no ConfigMap none",
    );
    const from = {
      spec: { strategy: { dockerStrategy: { from: { kind: "ImageStreamTag", name: "none:1" } } } },
    };
    platform.kubectl(["patch", "bc", "full", "--type=merge", "-p", JSON.stringify(from)]);
    expect(platform.tryNagi(["start-build", "full"]).stderr).toContain(
      "spec.strategy.dockerStrategy.from: there is no image stream tag none:1 in namespace default",
    );
  });
});

describe("run policies", () => {
  const slow = (name: string, runPolicy: string): object =>
    config(name, { runPolicy, source: { dockerfile: "FROM nagi/base\nRUN sleep 600\n" } });
  const start = (name: string): string => platform.nagi(["start-build", name]);
  const untilPhases = (name: string, wanted: readonly string[]): Promise<void> =>
    until(() => phases(name).join() === wanted.join(), `builds of ${name} to be ${wanted.join(", ")}`);

  it("runs one by one, all at once, or only the newest; and cancels", async () => {
    create(slow("serial", "Serial"), slow("latest", "SerialLatestOnly"), slow("parallel", "Parallel"));
    for (let count = 0; count < 2; count += 1) start("serial");
    await untilPhases("serial", ["Running", "New"]);
    expect(platform.nagi(["cancel-build", "bc/serial", "--state", "new"])).toBe(
      "Build serial-2 is cancelled\n",
    );
    for (let count = 0; count < 3; count += 1) start("latest");
    // The machine's only place is taken.
    await untilPhases("latest", ["Pending", "Cancelled", "New"]);
    expect(builds("latest")[1]?.status).toMatchObject({
      reason: "CancelledBuild",
      message: "Build latest-3 came after it; spec.runPolicy of latest is SerialLatestOnly.",
    });
    for (let count = 0; count < 2; count += 1) start("parallel");
    await untilPhases("parallel", ["Pending", "Pending"]);
    // As oc does it, at the object itself.
    platform.kubectl(["patch", "build", "serial-1", "--type=merge", "-p", '{"status":{"cancelled":true}}']);
    await untilPhases("serial", ["Cancelled", "Cancelled"]);
    await untilPhases("latest", ["Running", "Cancelled", "New"]);
    expect(platform.nagi(["cancel-build", "bc/latest", "bc/parallel"])).toMatch(
      /latest-3 is cancelled[^]*parallel-1 is cancelled/,
    );
    expect(platform.tryNagi(["cancel-build", "serial-1"]).stderr).toContain("has ended already: Cancelled");
  });
});

it("runs a custom builder, which leaves a Dockerfile, and says so when it leaves none", async () => {
  const script =
    'set -e; cp -r $BUILD_INPUTS/. $OUTPUT_DIR/; cat /keys/token; echo; echo "for $OUTPUT_IMAGE at $SHOUT"; ' +
    'test "$LEAVE" = no || printf "FROM nagi/base\\\\nCOPY word /word\\\\nRUN cat /word\\\\n" > $OUTPUT_DIR/Dockerfile';
  create(
    config("builder", {
      source: { dockerfile: `FROM nagi/base\nENTRYPOINT ["/bin/bash", "-c", ${JSON.stringify(script)}]\n` },
      triggers: [{ type: "ConfigChange" }],
    }),
    config("custom", {
      source: { binary: {} },
      strategy: {
        customStrategy: {
          from: { kind: "ImageStreamTag", name: "builder:latest" },
          env: [{ name: "SHOUT", value: 'a "quoted" $word' }],
          secrets: [{ secretSource: { name: "keys" }, mountPath: "/keys" }],
        },
      },
      triggers: [{ type: "ImageChange", imageChange: { paused: true } }],
    }),
  );
  await until(
    () => /latest/.test(platform.run("kubectl", ["get", "is", "builder"]).stdout),
    "the builder's image",
  );
  const word = join(platform.dataDir, "word");
  writeFileSync(word, "from a file\n");
  const output = platform.nagi(["start-build", "custom", "--from-file", word, "--follow"]);
  expect(output).toMatch(
    /Custom builder [^]*hush[^]*for default\/custom:custom-1-\w+ at a "quoted" \$word[^]*from a file/,
  );
  const nothing = platform.tryNagi(["start-build", "custom", "--from-file", word, "-F", "-e", "LEAVE=no"]);
  expect(nothing.stderr).toContain(
    "the builder left no Dockerfile in $OUTPUT_DIR (/tmp/build/output): it left word",
  );
  expect(phases("custom")).toEqual(["Complete", "Failed"]);
});

describe("an image for another registry", () => {
  let registry: ChildProcess;
  let address: string;
  let directory: string;

  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`;
    directory = mkdtempSync(join(tmpdir(), "nagi-elsewhere-"));
    // The password is hush.
    writeFileSync(
      join(directory, "users"),
      "bakery:$2y$05$abcdefghijklmnopqrstuulzd.YqjLDl8lvpSmVj3De/fioSBHnUa\n",
    );
    writeFileSync(
      join(directory, "config.yml"),
      JSON.stringify({
        version: "0.1",
        log: { level: "error", accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: join(directory, "data") } },
        http: { addr: address },
        auth: { htpasswd: { realm: "elsewhere", path: join(directory, "users") } },
      }),
    );
    registry = spawn("docker-registry", ["serve", join(directory, "config.yml")], { stdio: "ignore" });
    await until(
      () =>
        fetch(`http://${address}/v2/`).then(
          () => true,
          () => false,
        ),
      "the registry",
    );
    for (const [name, password] of [
      ["elsewhere", "hush"],
      ["wrong", "guess"],
    ])
      platform.kubectl([
        "create",
        "secret",
        "docker-registry",
        `${name}`,
        `--docker-server=${address}`,
        "--docker-username=bakery",
        `--docker-password=${password}`,
      ]);
  });
  afterAll(() => {
    registry.kill();
    rmSync(directory, { recursive: true });
  });

  const elsewhere = (name: string, secret: string | undefined): object =>
    config(name, {
      source: { dockerfile: "FROM nagi/base\nCMD true" },
      output: {
        to: { kind: "DockerImage", name: `${address}/team/${name}:v1` },
        ...(secret === undefined ? {} : { pushSecret: { name: secret } }),
      },
    });

  it("is there when the build is complete, and not in the own one", async () => {
    create(elsewhere("outward", "elsewhere"));
    expect(platform.nagi(["start-build", "outward", "--follow"])).toContain(
      `Pushing ${address}/team/outward:v1`,
    );
    const build = JSON.parse(platform.kubectl(["get", "build", "outward-1", "-o", "json"])) as {
      status: { output: { to: { imageDigest: string } } };
    };
    const { imageDigest } = build.status.output.to;
    expect(build.status).toMatchObject({
      phase: "Complete",
      outputDockerImageReference: `${address}/team/outward:v1`,
    });
    const accept =
      "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
    const authorization = `Basic ${Buffer.from("bakery:hush").toString("base64")}`;
    const found = await fetch(`http://${address}/v2/team/outward/manifests/v1`, {
      headers: { authorization, accept },
    });
    expect(found.headers.get("docker-content-digest")).toBe(imageDigest);
    expect(platform.kubectl(["get", "is", "-o", "name"])).not.toContain("outward");
    expect(platform.ok("podman", ["images", "-q", `${address}/team/outward`])).toBe("");
  });

  it.each([
    ["unnamed", undefined, /cannot push .*name a Secret with its credentials in spec.output.pushSecret/],
    ["refused", "wrong", /cannot push .*that may push: check Secret wrong/],
    ["missing", "nowhere", /spec.output.pushSecret: there is no Secret nowhere/],
  ])("fails with its push: %s", (name, secret, message) => {
    create(elsewhere(name, secret));
    expect(platform.tryNagi(["start-build", name, "--wait"]).code).toBe(1);
    expect(builds(name)[0]?.status).toMatchObject({
      phase: "Failed",
      reason: "PushImageToRegistryFailed",
      message: expect.stringMatching(message) as string,
    });
  });

  it("must be named with its registry", () => {
    const wrong = config("wrong", { output: { to: { kind: "DockerImage", name: "shop:v1" } } });
    const { stderr } = platform.run("kubectl", ["create", "-f", "-"], { input: JSON.stringify(wrong) });
    expect(stderr).toMatch(/spec.output.to.name: Invalid value: "shop:v1": must be REGISTRY\/PATH:TAG/);
  });
});

it("builds what is sent, and makes BuildConfigs of what is there", () => {
  const folder = platform.repository({
    Dockerfile: "FROM nagi/base\nCOPY . /all\nRUN ls /all\n",
    "kept.txt": "",
    ".gitignore": "*.log\n",
    "left.log": "",
  });
  const made = platform.nagi(["new-build", folder, "--name", "sent", "--strategy", "docker"]);
  expect(made).toMatch(/BuildConfig sent makes the image sent:latest[^]*Build sent-1 started[^]*kept\.txt/);
  expect(made).not.toContain("left.log");
  expect(platform.tryNagi(["start-build", "sent"]).stderr).toMatch(
    /is sent in for each build[^]*--from-dir \./,
  );
  const archive = join(platform.dataDir, "source.tgz");
  platform.ok("tar", ["-czf", archive, "-C", folder, "Dockerfile"]);
  expect(platform.nagi(["start-build", "sent", "--from-archive", archive, "-F"])).not.toContain("kept.txt");
  // Its layers are there already.
  expect(platform.nagi(["start-build", "--from-build", "sent-1", "--wait"])).toBe("Build sent-3 started\n");
  const [first, , third] = builds("sent");
  expect(third?.spec.source).toEqual(first?.spec.source);
  expect(platform.tryNagi(["new-build", folder, "--name", "sent", "--strategy", "docker"]).stderr).toContain(
    "there is a BuildConfig sent",
  );
  const dry = platform.nagi([
    "new-build",
    "https://git.test/team/Shop.git#main",
    "--dry-run",
    "--to",
    "shop:v2",
  ]);
  expect(dry).toMatch(
    /name: shop\n[^]*uri: https:\/\/git\.test\/team\/Shop\.git\n +ref: main[^]*name: shop:v2[^]*ConfigChange/,
  );
});

it("starts builds over OpenShift's subresources", () => {
  const path = "/apis/build.openshift.io/v1/namespaces/default";
  const post = (at: string, body: object): { code: number; stdout: string; stderr: string } =>
    platform.run("kubectl", ["create", "--raw", `${path}/${at}`, "-f", "-"], { input: JSON.stringify(body) });
  const request = {
    apiVersion: "build.openshift.io/v1",
    kind: "BuildRequest",
    metadata: { name: "greeting" },
  };
  const env = [{ name: "A", value: "1" }];
  const made = post("buildconfigs/greeting/instantiate", {
    ...request,
    env,
    triggeredBy: [{ message: "By the test" }],
  });
  expect(made.stderr).toBe("");
  expect(JSON.parse(made.stdout)).toMatchObject({
    kind: "Build",
    metadata: { name: "greeting-4" },
    spec: { strategy: { dockerStrategy: { env } }, triggeredBy: [{ message: "By the test" }] },
  });
  expect(JSON.parse(post("builds/greeting-4/clone", request).stdout)).toMatchObject({
    metadata: { name: "greeting-5" },
  });
  expect(post("buildconfigs/none/instantiate", {}).stderr).toContain('"none" not found');
  expect(post("buildconfigs/greeting/instantiate", { ...request, env: [{ value: "1" }] }).stderr).toContain(
    "env[0].name",
  );
  expect(post("buildconfigs/greeting/instantiate", { ...request, lastVersion: 1 }).stderr).toContain(
    "the last build has number 5, not 1",
  );
});

it("builds what oc sends", async () => {
  const folder = platform.repository({
    Dockerfile: "FROM nagi/base\nCOPY word /word\nRUN cat /word\n",
    word: "sent as oc does\n",
  });
  const archive = join(platform.dataDir, "source.tgz");
  platform.ok("tar", ["-czf", archive, "-C", folder, "."]);
  create(config("by-oc", { source: { binary: {} } }));
  const path = "/apis/build.openshift.io/v1/namespaces/default/buildconfigs/by-oc/instantiatebinary";
  const made = platform.ok("curl", [
    "-sS",
    "--fail-with-body",
    "--cacert",
    join(platform.dataDir, "pki/ca.crt"),
    "--header",
    `Authorization: Bearer ${token()}`,
    "--header",
    "Content-Type: application/octet-stream",
    "--request",
    "POST",
    "--upload-file",
    archive,
    `https://127.0.0.1:${platform.apiPort}${path}?revision.commit=abc&revision.message=Change`,
  ]);
  expect(JSON.parse(made)).toMatchObject({ kind: "Build", metadata: { name: "by-oc-1" } });
  expect(platform.nagi(["builds", "logs", "by-oc-1", "--follow"])).toContain("sent as oc does");
});

describe("a manifest that is wrong", () => {
  const git = { git: { uri: "https://git.test/a.git" } };
  it.each<[object, string]>([
    [{ strategy: {} }, "spec.strategy: Required value: must have exactly one of dockerStrategy"],
    [
      { strategy: { dockerStrategy: {}, sourceStrategy: { from: { kind: "DockerImage", name: "a" } } } },
      "spec.strategy: Invalid value",
    ],
    [
      { strategy: { type: "JenkinsPipeline" } },
      'spec.strategy.type: Unsupported value: "JenkinsPipeline": supported values: "Docker"',
    ],
    [
      { source: { ...git, binary: {} } },
      'spec.source.binary: Invalid value: "": may not be set when git is also set',
    ],
    [
      { source: { ...git, contextDir: "../up" } },
      "spec.source.contextDir: Invalid value: \"../up\": must be a relative path without '..'",
    ],
    [
      { source: { ...git, images: [{ from: { kind: "Image", name: "a" }, as: ["b"] }] } },
      'spec.source.images[0].from.kind: Unsupported value: "Image"',
    ],
    [
      { strategy: { dockerStrategy: { from: { kind: "ImageStreamTag", name: "a:b", namespace: "other" } } } },
      "spec.strategy.dockerStrategy.from.namespace: Forbidden",
    ],
    [
      { output: { to: { kind: "Image", name: "quay.io/a/b" } } },
      'spec.output.to.kind: Unsupported value: "Image": supported values: "ImageStreamTag", "DockerImage"',
    ],
    [
      { runPolicy: "Sometimes" },
      'spec.runPolicy: Unsupported value: "Sometimes": supported values: "Parallel", "Serial"',
    ],
    [{ failedBuildsHistoryLimit: -1 }, "spec.failedBuildsHistoryLimit: Invalid value: -1"],
    [{ postCommit: { script: "a", command: ["b"] } }, "cannot use command and script together"],
    [
      { triggers: [{ type: "GitHub", github: {} }] },
      "spec.triggers[0].github.secretReference: Required value",
    ],
    [{ triggers: [{ type: "Never" }] }, 'spec.triggers[0].type: Unsupported value: "Never"'],
    [
      { triggers: [{ type: "ImageChange", imageChange: {} }] },
      "spec.triggers[0].imageChange.from: Required value: the strategy names no image of its own",
    ],
    [
      {
        triggers: [
          { type: "ImageChange", imageChange: { from: { kind: "ImageStreamTag", name: "wrong:latest" } } },
        ],
      },
      "they would never end",
    ],
    [
      {
        strategy: { customStrategy: { from: { kind: "DockerImage", name: "a" }, exposeDockerSocket: true } },
      },
      "spec.strategy.customStrategy.exposeDockerSocket: Forbidden",
    ],
    [{ completionDeadlineSeconds: 0 }, "spec.completionDeadlineSeconds: Invalid value: 0"],
  ])("%j is refused by its field", (spec, message) => {
    const input = JSON.stringify(config("wrong", { source: git, ...spec }));
    const { code, stderr } = platform.run("kubectl", ["create", "-f", "-"], { input });
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });
});
