/** The ways that source comes in, beside the plain push: SSH, parts of repositories, submodules, builds once more. */

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nagiProgram, root, TestPlatform, until, type Outcome } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

const page = (text: string): Readonly<Record<string, string>> => ({ "index.html": `<h1>${text}</h1>\n` });
/** A step of a length that no other process has. */
const step = `sleep 89.${process.pid}`;
const slow = JSON.stringify({ name: "slow", scripts: { build: step, start: "node server.js" } });

/** A command that goes on, in a process group of its own. */
class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(program: string, argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn(program, argv, { cwd, env, detached: true });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    process.kill(-(this.child.pid ?? 0), "SIGINT");
  }
}

async function untilStepRuns(): Promise<void> {
  await until(() => runningSteps() !== "", "the build's step to run");
}

function runningSteps(): string {
  return platform.run("pgrep", ["-f", `^${step.replace(".", "\\.")}$`]).stdout;
}

async function untilCancelled(app: string): Promise<void> {
  await until(
    () => /Status: +Cancelled/.test(platform.nagi(["builds", "info", "--app", app])),
    "the build to be cancelled",
  );
  await until(() => runningSteps() === "", "the build's step to end");
}

it("goes as docs/guide/deploying.md begins", async () => {
  const guide = readFileSync(join(root, "docs/guide/deploying.md"), "utf8");
  const block = /\n\n((?: {4}.*\n)+)/.exec(guide)?.[1] ?? "";
  const commands = block.replaceAll(":8080", `:${platform.httpPort}`);
  const people = ["AUTHOR", "COMMITTER"].flatMap((role) => [
    `GIT_${role}_NAME=A`,
    `GIT_${role}_EMAIL=a@test`,
  ]);
  const path = `PATH=${dirname(nagiProgram)}:${process.env["PATH"]}`;
  const output = platform.ok("env", [...people, path, "sh", "-e", "-c", commands], { cwd: platform.dataDir });
  expect(output).toMatch(
    /Open at seven[^]*bakery-1 [^]*bakery-2 [^]*No file changed since v2[^]*Open at six/,
  );
});

describe("git push over SSH", () => {
  let folder: string;
  let keyFile: string;

  function sshCommand(): string {
    const options = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-F", "none"];
    return ["ssh", "-i", keyFile, "-o", `UserKnownHostsFile=${platform.dataDir}/known`, ...options].join(" ");
  }

  function environment(): NodeJS.ProcessEnv {
    return { ...platform.env, GIT_SSH_COMMAND: sshCommand() };
  }

  async function push(): Promise<Outcome> {
    const command = new Command("git", ["push", "nagi", "main"], folder, environment());
    return { code: (await command.ended) ?? -1, stdout: "", stderr: command.output };
  }

  beforeAll(() => {
    folder = platform.repository(page("over SSH"));
    keyFile = join(platform.dataDir, "test-key");
    const options = ["-q", "-t", "ed25519", "-N", "", "-C", "me@laptop", "-f", keyFile];
    platform.ok("ssh-keygen", options);
    writeFileSync(join(platform.dataDir, "known"), platform.nagi(["keys", "host"]));
    const created = platform.createApp("shelled", ["--ssh"], { cwd: folder });
    expect(created).toContain(`ssh://nagi@localhost:${platform.sshPort}/shelled.git`);
    expect(platform.nagi(["info", "shelled"])).toMatch(/Git: +http:.*\nGit over SSH: +ssh:/);
  });

  it("is refused without a key, and deploys with one", async () => {
    expect((await push()).stderr).toContain("Permission denied (publickey)");
    expect(platform.nagi(["keys", "add", `${keyFile}.pub`])).toContain("Added the key me@laptop");
    expect(platform.nagi(["keys"])).toMatch(/me@laptop +ssh-ed25519 +SHA256:/);
    const pushed = await push();
    expect(pushed.stderr).toContain("remote: -----> Release v1");
    expect(pushed.code).toBe(0);
    expect((await platform.request("shelled")).text).toContain("over SSH");
  });

  it("gives no shell, no other program and no way into the machine", () => {
    const base = [...sshCommand().split(" ").slice(1), "-p", `${platform.sshPort}`];
    const ssh = (...argv: string[]): string => {
      const { code, stdout, stderr } = platform.run("ssh", [...base, ...argv]);
      expect(code).not.toBe(0);
      return `${stdout}${stderr}`;
    };
    expect(ssh("nagi@localhost")).toContain("Nagi speaks git here and gives no shell");
    expect(ssh("nagi@localhost", "id")).toContain("Only git push, git fetch and git clone work here.");
    expect(ssh("-W", `127.0.0.1:${platform.apiPort}`, "nagi@localhost")).toMatch(
      /prohibited|forwarding failed/,
    );
    expect(ssh("root@localhost", "id")).toContain("Permission denied");
    expect(ssh("nagi@localhost", "git-receive-pack 'none.git'")).toContain("There is no app none");
  });

  it("cancels its build on Ctrl-C", async () => {
    platform.commit(folder, { "package.json": slow, "server.js": "" });
    const command = new Command("git", ["push", "nagi", "main"], folder, environment());
    await untilStepRuns();
    command.interrupt();
    await untilCancelled("shelled");
    expect((await platform.request("shelled")).text).toContain("over SSH");
    platform.ok("git", ["reset", "-q", "--hard", "HEAD~1"], { cwd: folder });
  });

  it("goes on after the platform was killed, and ends with the key", async () => {
    await platform.kill();
    expect((await push()).stderr).toContain("Nagi does not run. Start it: nagi up --detach");
    platform.up();
    platform.commit(folder, page("after a kill"));
    expect(await push()).toMatchObject({ code: 0 });
    platform.nagi(["keys", "remove", "me@laptop"]);
    platform.commit(folder, page("without a key"));
    expect((await push()).stderr).toContain("Permission denied (publickey)");
  });

  it("takes only what is a key", () => {
    const refused = platform.tryNagi(["keys", "add", "-"], { input: "ssh-dss AAAA" });
    expect(refused.stderr).toContain("must begin with the type of the key, one of: ssh-ed25519");
    expect(platform.tryNagi(["keys", "add", keyFile]).stderr).toContain("this is a private key");
    expect(platform.tryNagi(["keys", "remove", "none"]).stderr).toContain('you have no key "none"');
  });
});

describe("one repository", () => {
  let folder: string;
  beforeAll(() => {
    folder = platform.repository({});
    for (const name of ["shop", "blog"]) {
      mkdirSync(join(folder, "apps", name), { recursive: true });
      platform.commit(folder, { [`apps/${name}/index.html`]: name });
      platform.createApp(name, ["--root", `apps/${name}`, "--remote", name], { cwd: folder });
    }
  });

  it("holds two apps, each built when its directory changes", async () => {
    for (const name of ["shop", "blog"]) {
      expect(platform.push(folder, [name, "main"])).toMatchObject({ code: 0 });
      expect((await platform.request(name)).text).toBe(name);
    }
    platform.commit(folder, { "apps/shop/index.html": "shop two" });
    expect(platform.push(folder, ["blog", "main"]).stderr).toContain(
      "Nothing in apps/blog has changed since v1",
    );
    expect(platform.push(folder, ["shop", "main"]).stderr).toContain("1 file changed since v1 (+1 -1)");
    expect((await platform.request("shop")).text).toBe("shop two");
  });

  it("deploys another branch, and a tag", async () => {
    expect(platform.nagi(["source", "--app", "blog", "--branch", "live"])).toMatch(/Branch: +live/);
    platform.ok("git", ["tag", "-a", "-m", "One", "one"], { cwd: folder });
    platform.commit(folder, { "apps/blog/index.html": "live" });
    expect(platform.push(folder, ["blog", "main:live"])).toMatchObject({ code: 0 });
    expect((await platform.request("blog")).text).toBe("live");
    expect(platform.push(folder, ["--force", "blog", "one^{}:live"])).toMatchObject({ code: 0 });
    expect((await platform.request("blog")).text).toBe("blog");
  });

  it("has submodules that are apps of the project", async () => {
    const lib = platform.repository(page("from a submodule"));
    platform.createApp("lib", [], { cwd: lib });
    expect(platform.push(lib, ["nagi", "main:stored"])).toMatchObject({ code: 0 });
    const whole = platform.repository({});
    platform.createApp("whole", ["--root", "site"], { cwd: whole });
    platform.ok("git", ["-c", "protocol.file.allow=always", "submodule", "add", "-q", lib, "site"], {
      cwd: whole,
    });
    platform.ok("git", ["config", "-f", ".gitmodules", "submodule.site.url", "../lib.git"], { cwd: whole });
    platform.commit(whole, {});
    // The directory of the app is the submodule itself.
    const refused = platform.push(whole);
    expect(refused.stderr).toContain("site, the root of whole, is a submodule");
    platform.nagi(["source", "--app", "whole", "--root", "."]);
    platform.commit(whole, page("outer"));
    expect(platform.push(whole).stderr).toContain("with submodules site");
    expect((await platform.request("whole", "/site/index.html")).text).toContain("from a submodule");
  });
});

describe("nagi deploy", () => {
  let folder: string;
  const deploy = (...argv: string[]): Outcome => platform.tryNagi(["deploy", "--app", "sent", ...argv]);
  const program = (name: string, ...argv: string[]): string => platform.ok(name, argv, { cwd: folder });

  beforeAll(() => {
    folder = platform.repository(page("from a directory"));
    platform.createApp("sent", ["--no-remote"]);
  });

  it("sends a directory, and then only what has changed", async () => {
    writeFileSync(join(folder, "large.bin"), randomBytes(1024 ** 2));
    writeFileSync(join(folder, ".gitignore"), "*.log\n");
    writeFileSync(join(folder, "a.log"), "not sent");
    const first = deploy("--dir", folder);
    expect(first.stdout).toMatch(/sent [\d.]+ MiB\n-----> sent-1: a directory at/);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("Release v1 is live") as string });
    expect((await platform.request("sent")).text).toContain("from a directory");
    expect((await platform.request("sent", "/a.log")).status).toBe(404);
    writeFileSync(join(folder, "index.html"), "changed");
    const second = deploy("--dir", folder);
    expect(second.stdout).toMatch(/sent \d+ bytes\n.*\n +1 file changed since v1 .*: index.html/);
    expect((await platform.request("sent")).text).toBe("changed");
  });

  it("takes archives", async () => {
    const top = join(folder, "top");
    mkdirSync(top);
    for (const [name, ...argv] of [
      ["tar", "-czf", "a.tar.gz", "-C", folder, "top"],
      ["zip", "-q", "-r", "a.zip", "top"],
      ["tar", "-cf", "a.tar", "-C", top, "."],
    ]) {
      writeFileSync(join(top, "index.html"), `in ${argv.join(" ")}`);
      program(name ?? "", ...argv);
    }
    expect(deploy("--archive", join(folder, "a.tar.gz"))).toMatchObject({ code: 0 });
    expect((await platform.request("sent")).text).toContain("in -czf");
    expect(deploy("--archive", join(folder, "a.zip"))).toMatchObject({ code: 0 });
    expect((await platform.request("sent")).text).toContain("in -q -r");
    const input = join(folder, "a.tar");
    program("sh", "-c", `${nagiProgram} deploy --app sent --archive - < ${input}`);
    expect((await platform.request("sent")).text).toContain("in -cf");
    writeFileSync(join(folder, "broken"), "neither");
    expect(deploy("--archive", join(folder, "broken")).stderr).toContain("cannot unpack");
    expect(deploy("--archive", "none.zip").stderr).toContain("there is no such file");
  });

  it("fails with its build and leaves what runs, and builds nothing after Ctrl-C", async () => {
    const app = platform.repository({ "package.json": '{ "scripts": { "build": "exit 3" } }' });
    const failed = deploy("--dir", app);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/!  +sent-\d+ failed\. What runs is left as it is\./);
    const retried = platform.tryNagi(["builds", "retry", "--app", "sent"]);
    expect(retried.stdout).toMatch(/builds the source of sent-\d+ again[^]*cannot tell how to start/);
    expect(retried.code).toBe(1);
    platform.commit(app, { "package.json": slow, "server.js": "" });
    const command = new Command(nagiProgram, ["deploy", "--app", "sent", "--dir", app], app, platform.env);
    await untilStepRuns();
    command.interrupt();
    expect(await command.ended).toBe(130);
    expect(command.output).toContain("Cancelled. What runs is left as it is.");
    await untilCancelled("sent");
    expect((await platform.request("sent")).text).toContain("in -cf");
  });

  it("says what does not go together", () => {
    expect(deploy("--dir", folder, "--archive", "x").stderr).toContain("not --dir and --archive");
    expect(deploy("--dir", folder, "--port", "80").stderr).toContain("--port belongs to --image");
    const empty = platform.repository({ ".gitignore": "*\n" });
    expect(deploy("--dir", empty).stderr).toContain("holds no files but those that are ignored");
  });
});

describe("nagi builds", () => {
  it("repeats a build, from git when its source is gone", async () => {
    platform.run("sh", ["-c", `rm -f ${platform.dataDir}/sources/*`]);
    const retried = platform.nagi(["builds", "retry", "1", "--app", "shop"]);
    expect(retried).toContain("builds the source of shop-1 again");
    expect((await platform.request("shop")).text).toBe("shop");
    expect(platform.nagi(["builds", "info", "--app", "shop"])).toContain("Retry of shop-1");
    expect(platform.tryNagi(["builds", "cancel", "--app", "shop"]).stderr).toContain(
      "has ended already: Complete",
    );
    expect(platform.tryNagi(["builds", "logs", "77", "--app", "shop"]).stderr).toContain("no build 77");
  });
});
