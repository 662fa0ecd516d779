import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "../../lib/free-port.ts";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { EngineHost } from "../../lib/container-engine/engine-host.ts";
import { silentLogger } from "../../lib/log.ts";
import { SourceStore } from "../../lib/source-store.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildSpec } from "../../model/kinds/build/build/build.ts";
import { platform, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import { refOf } from "../../model/meta.ts";
import { createBuilds, type Builds } from "./builds.ts";
import { filesOf, tarOf } from "./testing/tar-of.ts";

/** The machine may be busy. */
const patient = { timeout: 60_000 } as const;

const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
const secret = "not-to-be-found-in-the-image";
const port = await freePort();
const address = `127.0.0.1:${port}`;
const examples = new URL("../../../examples/", import.meta.url).pathname;

let dir: string;
let host: EngineHost;
let sources: SourceStore;
let client: FakeClient;
let builds: Builds;
let running: Promise<void>;
const aborter = new AbortController();
let stopRegistry: () => void;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-builds-"));
  host = new EngineHost({ dir: join(dir, "engine"), env, clock: systemClock, log: silentLogger });
  await host.start();
  stopRegistry = await startRegistry();
  sources = new SourceStore({ directory: join(dir, "sources") });
  client = new FakeClient();
  for (const name of ["nodejs", "static"]) {
    const image = `localhost/nagi/${name}:latest`;
    const versions = [{ name: "node", version: "24.21.0" }];
    client.seed(newObject<Platform>(platform, { name }, { status: { phase: "Ready", image, versions } }));
  }
  builds = createBuilds(buildsOptions());
  running = builds.run(aborter.signal);
});

function buildsOptions(): Parameters<typeof createBuilds>[0] {
  return {
    client,
    engine: host.engine,
    ulimits: host.ulimits,
    sources,
    registry: { address },
    host: () =>
      Promise.resolve({
        npmrc: `//registry.test/:_authToken=${secret}\n`,
        ca: "",
        proxies: { no_proxy: "registry.test" },
        mirrors: {},
        apt: "",
      }),
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    limits: { memoryBytes: 256 * 1024 ** 2, cpus: 1, deadlineSeconds: 120 },
    maxConcurrent: 2,
    dataDir: join(dir, "logs"),
    fetchedDir: join(dir, "fetched"),
    clock: systemClock,
    log: silentLogger,
  };
}

afterAll(async () => {
  aborter.abort();
  await running;
  for (const { Id, RepoTags } of await host.engine.listImages(`${address}/*/*`)) {
    if (RepoTags?.some((tag) => tag.startsWith(address))) await host.engine.removeImage(Id, { force: true });
  }
  await host.stop();
  stopRegistry();
  await rm(dir, { recursive: true });
});

/** What these tests' builds left in the engine, which others use too. */
async function tagsMade(): Promise<string[]> {
  const tags = (await host.engine.listImages(`${address}/*/*`)).flatMap(({ RepoTags }) => RepoTags ?? []);
  return tags.filter((tag) => tag.startsWith(address));
}

async function startRegistry(): Promise<() => void> {
  const config = join(dir, "registry.yml");
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${dir}/registry}}\nhttp: {addr: ${address}}\n`,
  );
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  for (;;) {
    const answers = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (answers?.ok === true) return () => child.kill();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function start(
  files: Record<string, string>,
  spec: Partial<BuildSpec> = {},
  app?: string,
): Promise<Build> {
  const { id } = await sources.put(tarOf(files));
  count += 1;
  const created = newObject<Build>(
    buildKind,
    { name: `app-${count}`, namespace: "default", labels: { "nagi.dev/app": app ?? `app${count}` } },
    {
      spec: {
        source: { type: "Binary", binary: { asFile: id } },
        strategy: { type: "Nagi" },
        output: { to: { kind: "ImageStreamTag", name: "app:latest" } },
        ...spec,
      },
    },
  );
  return await client.create(buildKind, created);
}

async function logOf(build: Build): Promise<string> {
  let text = "";
  for await (const chunk of builds.logSource.log(build, { follow: true }))
    text += Buffer.from(chunk).toString();
  return text;
}

async function ended(build: Build): Promise<Build> {
  for (;;) {
    const found = await client.get(buildKind, refOf(build));
    if (found.status?.completionTimestamp !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function outputOf(image: string, command: string[]): Promise<string> {
  const { engine } = host;
  const id = await engine.createContainer(`nagi-builds-${process.pid}-${(count += 1)}`, {
    Image: image,
    Entrypoint: command,
    HostConfig: { Ulimits: host.ulimits },
  });
  try {
    await engine.startContainer(id);
    await engine.waitContainer(id);
    let text = "";
    for await (const { data } of engine.containerLogs(id, {})) text += data.toString();
    return text;
  } finally {
    await engine.removeContainer(id);
  }
}

const manifestTypes =
  "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

describe("builds", () => {
  it("tests an image by its postCommit hook, and throws away what fails", async () => {
    const files = { "index.html": "a page" };
    const good = await start(files, { postCommit: { script: 'test "$1" = word && ls', args: ["word"] } });
    expect(await logOf(good)).toContain("index.html");
    expect((await ended(good)).status?.phase).toBe("Complete");
    const bad = await start(files, { postCommit: { command: ["sh", "-c", "echo broken; exit 7"] } });
    expect(await logOf(bad)).toContain("broken");
    expect((await ended(bad)).status).toMatchObject({
      phase: "Failed",
      reason: "PostCommitHookFailed",
      message: expect.stringContaining("exit status 7") as string,
    });
    const left = (tag: string): boolean => tag.includes(`:${bad.metadata.name}-`) || tag.endsWith("-hook");
    expect((await tagsMade()).filter(left)).toEqual([]);
  });

  it("makes an image of a Node.js app and says so", async () => {
    const created = await start(await filesOf(join(examples, "hello")));
    const log = await logOf(created);
    const { status } = await ended(created);
    expect(status).toMatchObject({
      phase: "Complete",
      port: 8080,
      processes: { web: "node server.js" },
      detected: { strategy: "nodejs", platform: "nodejs" },
      outputDockerImageReference: expect.stringMatching(`^${address}/default/app:${created.metadata.name}-`),
    });
    expect(log).toContain(
      '-----> Node.js app: package.json; Node.js 24.21.0 (engines ">=20"); Procfile with web',
    );
    expect(log).toMatch(/\[1\/\d\] FROM localhost\/nagi\/nodejs/);
    // The first push brings the platform along and may go on after the build.
    let digest = "";
    await expect
      .poll(
        async () =>
          (digest = (await client.get(buildKind, refOf(created))).status?.output?.to?.imageDigest ?? ""),
        patient,
      )
      .toMatch(/^sha256:/);
    const pushed = await fetch(`http://${address}/v2/default/app/manifests/${digest}`, {
      headers: { accept: manifestTypes },
    });
    expect(pushed.status).toBe(200);
    const image = status?.outputDockerImageReference ?? "";
    expect(await outputOf(image, ["/bin/sh", "-c", "id -un; ls -A /app; ls -A /run/secrets 2>&1"])).toMatch(
      /^app\nProcfile\npackage.json\nserver.js\n/,
    );
    expect(
      await outputOf(image, [
        "/bin/sh",
        "-c",
        `grep -rs ${secret} /app /etc /home /root /run /tmp /usr/local/etc /var; echo none`,
      ]),
    ).toBe("none\n");
  });

  it("gives each app cache mounts of its own, wherever a Dockerfile would have them", async () => {
    /** What the steps find in the caches, which they then add a file of the app to. */
    const run = async (app: string, mounts: readonly string[]): Promise<string[]> => {
      const steps = mounts.map(
        (mount) => `RUN --mount=type=cache,${mount} ls -A /c && touch /c/of-${app} && echo ${(count += 1)}`,
      );
      const text = ["FROM localhost/nagi/base", "ARG MORE=,id=../../..", "USER root", ...steps].join("\n");
      const build = await start({ Dockerfile: text }, { strategy: { type: "Docker" } }, app);
      const log = await logOf(build);
      expect((await ended(build)).status?.phase, log).toBe("Complete");
      return log
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.startsWith("of-"));
    };
    const [one, other] = [`one-${randomUUID()}`, `other-${randomUUID()}`];
    expect(await run(one, ["target=/c"])).toEqual([]);
    const tries = ["target=/c", "id=/c,target=/c", `id=default.${one},target=/c`, "id=$MORE,target=/c"];
    // By its target and by an id that is the same it is one cache.
    expect(await run(other, tries)).toEqual([`of-${other}`]);
    expect(await run(one, ["target=/c"])).toEqual([`of-${one}`]);
  });

  it("uses the layers of the build before for a changed line", async () => {
    const example = await filesOf(join(examples, "procfile-worker"));
    const manifest = JSON.parse(example["package.json"] ?? "") as object;
    const files: Record<string, string> = {
      ...example,
      "package.json": JSON.stringify({ ...manifest, scripts: { build: "true" } }),
    };
    await logOf(await start(files));
    const second = await start({ ...files, "web.js": `${files["web.js"]}\n// changed\n` });
    const log = await logOf(second);
    expect(log).toMatch(/, [2-9] of \d steps from the cache/);
    expect((await ended(second)).status?.processes).toEqual({ web: "node web.js", worker: "node worker.js" });
  });

  it("gives the host's npm configuration to the steps and nothing of it to the image", async () => {
    const dockerfile = [
      "FROM localhost/nagi/base",
      "RUN --mount=type=secret,id=nagi-npmrc grep -q _authToken /run/secrets/nagi-npmrc && echo seen $no_proxy # " +
        crypto.randomUUID(),
      "RUN test ! -e /run/secrets/nagi-npmrc",
    ].join("\n");
    const created = await start({ Dockerfile: dockerfile });
    expect(await logOf(created)).toContain("seen registry.test");
    const { status } = await ended(created);
    expect(status?.phase).toBe("Complete");
    const image = status?.outputDockerImageReference ?? "";
    expect(
      await outputOf(image, ["/bin/sh", "-c", `grep -rs ${secret} /run /root /tmp /etc /home; echo none`]),
    ).toBe("none\n");
    expect(JSON.stringify(await host.engine.inspectImage(image))).not.toContain("registry.test");
  });

  it("builds a static site and a Dockerfile with its port", async () => {
    const site = await start(await filesOf(join(examples, "static")));
    const docker = await start(await filesOf(join(examples, "dockerfile")));
    expect((await ended(site)).status).toMatchObject({ phase: "Complete", detected: { strategy: "static" } });
    expect((await ended(docker)).status).toMatchObject({ phase: "Complete", port: 3000, processes: {} });
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ["no recognisable app", { "main.c": "" }, "CannotDetect", /cannot tell what kind of app this is/],
    ["a broken Procfile", { Procfile: "web", "package.json": "{}" }, "CannotDetect", /Procfile line 1/],
    [
      "a failing step",
      { Dockerfile: "FROM localhost/nagi/base\nRUN echo broken >&2; exit 3" },
      "DockerBuildFailed",
      /`RUN echo broken >&2; exit 3` ended with exit status 3/,
    ],
    [
      "a base image that does not exist",
      { Dockerfile: "FROM localhost/nagi/nothing:1" },
      "DockerBuildFailed",
      /cannot get an image that the build needs/,
    ],
    ["a Dockerfile that does not parse", { Dockerfile: "FRO x" }, "DockerBuildFailed", /FRO/i],
    [
      "too much memory",
      { Dockerfile: "FROM localhost/nagi/base\nRUN tail /dev/zero" },
      "OutOfMemoryKilled",
      /more memory than the build may \(256 MiB\): exit status 137/,
    ],
  ])("says what is wrong: %s", async (_name, files, reason, message) => {
    const created = await start(files);
    const log = await logOf(created);
    const { status } = await ended(created);
    expect(status).toMatchObject({ phase: "Failed", reason, message: expect.stringMatching(message) });
    expect(log).toContain(` !     ${status?.message}`);
    expect((await tagsMade()).filter((tag) => tag.includes(`:${created.metadata.name}-`))).toEqual([]);
  });

  it("mounts nothing of the host, whatever links, stages and images say", async () => {
    const evil = `ln -s ${dir} /evil`;
    const step = "RUN --mount=type=bind,from=a,source=/evil,target=/x ls /x/engine";
    const linked = await start({
      Dockerfile: `FROM localhost/nagi/base AS a\nUSER root\nRUN ${evil}\nFROM localhost/nagi/base\n${step}\n`,
    });
    await logOf(linked);
    expect((await ended(linked)).status).toMatchObject({
      phase: "Failed",
      message:
        "a step mounts /evil of a, where there is no such path; symbolic links lead nowhere outside of it",
    });
    const name = `${address}/default/triggers:1`;
    const made = "FROM localhost/nagi/base\nONBUILD RUN --mount=type=cache,id=../..,target=/x ls /x\n";
    const context = tarOf({ Dockerfile: made });
    for await (const step of host.engine.buildImage(context, { tags: [name], dockerfile: "Dockerfile" }))
      void step;
    const onbuild = await start({ Dockerfile: `ARG BASE=${name}\nFROM \${BASE}\nCMD true` });
    await logOf(onbuild);
    expect((await ended(onbuild)).status).toMatchObject({
      reason: "InvalidImageReference",
      message: expect.stringContaining(
        `line 2: ${name} runs \`ONBUILD RUN --mount=type=cache,id=../..`,
      ) as string,
    });
  });

  it("adds what it fetched from addresses, as engines do, and leaves nothing of it behind", async () => {
    let tool = "one";
    const server = createServer(({ url = "" }, response) => {
      if (url === "/moved") response.writeHead(302, { location: "/tool.sh" }).end();
      else if (url === "/tool.sh")
        response.setHeader("last-modified", "Thu, 26 Nov 2026 10:00:00 GMT").end(tool);
      else response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sum = createHash("sha256").update(tool).digest("hex");
    const text = (more = "", checksum = sum): string =>
      `FROM localhost/nagi/base\nUSER root\nARG NAME=tool\nENV AT=${at}\nADD --checksum=sha256:${checksum} $AT/$NAME.sh /opt/\nADD --chmod=755 $AT/moved file.txt /opt/all/\nRUN ls -l --time-style=+%F /opt /opt/all && cat /opt/all/*\n${more}`;
    const files = { ".dockerignore": "*\n!file.txt", "file.txt": "own" };
    const first = await start({ ...files, Dockerfile: text() }, {}, "adder");
    const log = await logOf(first);
    expect(log).toContain(`-----> Fetching ${at}/tool.sh`);
    expect(log).toMatch(/ -rw------- 1 root root +3 2026-11-26 tool\.sh$/m);
    expect(log).toMatch(/ -rwxr-xr-x 1 root root +3 2026-11-26 moved$/m);
    expect(log).toContain(`ADD --chmod=755 $AT/moved file.txt /opt/all/`);
    expect((await ended(first)).status?.phase).toBe("Complete");
    const again = await start({ ...files, Dockerfile: text("CMD true") }, {}, "adder");
    expect(await logOf(again)).toMatch(/RUN ls -l .*\(cached\)$/m);
    tool = "two";
    const other = await start({ ...files, Dockerfile: text() }, {}, "adder");
    await logOf(other);
    expect((await ended(other)).status?.message).toMatch(
      /^Dockerfile, line 5: ADD \S+\/tool\.sh cannot be fetched: its checksum is sha256:\w+, and --checksum says sha256:/,
    );
    const none = await start({ Dockerfile: `FROM localhost/nagi/base\nADD ${at}/none /x` });
    await logOf(none);
    expect((await ended(none)).status?.message).toContain(
      "cannot be fetched: the server answers 404 Not Found",
    );
    server.close();
    const uids = [first, again, other, none].map(({ metadata }) => metadata.uid);
    const left = await Promise.all(uids.map((uid) => host.engine.hasImage(`localhost/nagi-add:${uid}`)));
    expect(left).toEqual([false, false, false, false]);
  });

  it("runs a step anew when what it mounts of the source has changed", async () => {
    const Dockerfile = "FROM localhost/nagi/base\nRUN --mount=type=bind,source=word,target=/w cat /w";
    expect(await logOf(await start({ Dockerfile, word: "one\n" }))).toContain("       one\n");
    expect(await logOf(await start({ Dockerfile, word: "two\n" }))).toContain("       two\n");
  });

  const slow = { Dockerfile: `FROM localhost/nagi/base\nRUN echo begun; sleep 1${process.pid}` };

  /** Steps of the slow build that run on this machine. */
  async function stepsRunning(): Promise<string[]> {
    const found: string[] = [];
    for (const pid of await readdir("/proc")) {
      const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (/^\d+$/.test(pid) && words.split("\0").join(" ").trim() === `sleep 1${process.pid}`)
        found.push(pid);
    }
    return found;
  }

  it("stops a build that is cancelled, and one that takes too long", async () => {
    const cancelled = await start(slow);
    const late = await start(slow, { completionDeadlineSeconds: 2 });
    for await (const chunk of builds.logSource.log(cancelled, { follow: true })) {
      if (Buffer.from(chunk).toString().includes("begun")) break;
    }
    const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
    await client.patch(buildKind, refOf(cancelled), patch, { subresource: "status" });
    expect((await ended(cancelled)).status).toMatchObject({ phase: "Cancelled", reason: "CancelledBuild" });
    expect((await ended(late)).status).toMatchObject({ phase: "Failed", reason: "BuildDeadlineExceeded" });
    await expect.poll(stepsRunning, patient).toEqual([]);
  });

  it("stops a build whose steps write more than they may", async () => {
    const greedy = {
      Dockerfile: slow.Dockerfile.replace(
        /^RUN .*$/m,
        `RUN head -c 99M /dev/zero > /big; sleep 1${process.pid}`,
      ),
    };
    const build = await start(greedy, { resources: { limits: { "ephemeral-storage": "50Mi" } } });
    const { status } = await ended(build);
    expect(status).toMatchObject({ phase: "Failed", reason: "DiskLimitExceeded" });
    expect(status?.message).toContain("more than the 50 MiB that they may");
    await expect.poll(stepsRunning, patient).toEqual([]);
  });

  it("lets builds of one app wait for each other", async () => {
    const first = await start(slow);
    const labels = first.metadata.labels;
    count += 1;
    const second = await client.create(buildKind, {
      ...first,
      metadata: { name: `app-${count}`, namespace: "default", labels },
    });
    await expect
      .poll(async () => (await client.get(buildKind, refOf(second))).status, patient)
      .toMatchObject({
        phase: "Pending",
        message: `Waits for build ${first.metadata.name} of the same app.`,
      });
    const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
    for (const each of [second, first])
      await client.patch(buildKind, refOf(each), patch, { subresource: "status" });
    expect((await ended(first)).status?.phase).toBe("Cancelled");
    expect((await ended(second)).status?.phase).toBe("Cancelled");
  });

  it("marks what ran when the platform died, and keeps its log", async () => {
    const dead = client.seed(
      newObject<Build>(
        buildKind,
        { name: "dead", namespace: "default" },
        { spec: { strategy: { type: "Nagi" } }, status: { phase: "Running" } },
      ),
    );
    expect((await ended(dead)).status).toMatchObject({ phase: "Error", reason: "BuildInterrupted" });
  });

  it("removes the log of a build that is deleted while it runs", async () => {
    const created = await start(slow);
    for await (const chunk of builds.logSource.log(created, { follow: true })) {
      if (Buffer.from(chunk).toString().includes("begun")) break;
    }
    await client.delete(buildKind, refOf(created));
    const uid = created.metadata.uid ?? "";
    await expect.poll(() => readdir(join(dir, "logs")), patient).not.toContain(`${uid}.log`);
  });
});
