/** The real git against a real sshd, and against an HTTP host that wants a password. */

import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitCredential } from "./git-access.ts";
import { RemoteGit } from "./remote-git.ts";
import { newKeyPair, SshHost } from "./testing/ssh-host.ts";

const run = promisify(execFile);
let dir: string;
let host: SshHost;
let web: Server;
let webUrl: string;
let repository: string;
let commit: string;
let keys: ReturnType<typeof newKeyPair>;
let environment: Record<string, string>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-remote-git-"));
  chmodSync(dir, 0o700);
  repository = join(dir, "repo");
  mkdirSync(repository);
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", repository, "-c", "user.name=A", "-c", "user.email=a@test", ...args], {
      encoding: "utf8",
    });
  git("init", "-q", "-b", "main");
  writeFileSync(join(repository, "file"), "text");
  git("add", ".");
  git("commit", "-q", "-m", "one");
  git("update-server-info");
  commit = git("rev-parse", "HEAD").trim();
  keys = newKeyPair(dir, "key");
  host = await SshHost.start(join(dir, "ssh"));
  host.allow([keys]);
  const wanted = `Basic ${Buffer.from("ann:p@ss/word").toString("base64")}`;
  web = createServer((request, response) => {
    if (request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    try {
      response.end(readFileSync(join(repository, ".git", new URL(request.url ?? "/", "http://x").pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  environment = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: dir };
});

afterAll(async () => {
  await host.stop();
  web.close();
  rmSync(dir, { recursive: true });
});

interface Fetched {
  readonly commit: string;
  readonly learnt: string | undefined;
}

async function fetch(url: string, credential: Partial<GitCredential> | undefined): Promise<Fetched> {
  let learnt: string | undefined;
  const remote = new RemoteGit({
    env: environment,
    scratchDir: dir,
    credentialFor: () =>
      credential === undefined
        ? undefined
        : { name: "the-secret", trustFirst: true, repositories: [], ...credential },
    onLearnt: (_credential, text) => {
      learnt = text;
      return Promise.resolve();
    },
  });
  const work = mkdtempSync(join(dir, "work-"));
  await run("git", ["-C", work, "init", "-q", "--bare"]);
  return { commit: await remote.fetch(work, url, "main"), learnt };
}

it("believes a host at the first meeting, and then only the same", async () => {
  const { privateKey } = keys;
  const first = await fetch(host.url(repository), { privateKey });
  expect(first).toEqual({ commit, learnt: host.knownHosts });
  const knownHosts = first.learnt ?? "";
  expect(await fetch(host.url(repository), { privateKey, knownHosts })).toEqual({
    commit,
    learnt: undefined,
  });
  await host.stop();
  host.newHostKey();
  await host.up();
  await expect(fetch(host.url(repository), { privateKey, knownHosts })).rejects.toThrow(
    /the host key of 127.0.0.1:\d+ is not the one in Secret the-secret/,
  );
});

it("believes no host that the given file does not have", async () => {
  const { privateKey } = keys;
  const given = { privateKey, trustFirst: false };
  expect((await fetch(host.url(repository), { ...given, knownHosts: host.knownHosts })).commit).toBe(commit);
  await expect(
    fetch(host.url(repository), { ...given, knownHosts: "other.test ssh-ed25519 AAAA" }),
  ).rejects.toThrow(/is not among the known_hosts of Secret the-secret: add it there/);
});

it("says when a key is missing or not taken", async () => {
  await expect(fetch(host.url(repository), undefined)).rejects.toThrow(
    /wants a key: make one with nagi deploy-keys add/,
  );
  const { privateKey } = newKeyPair(dir, "stranger");
  await expect(fetch(host.url(repository), { privateKey })).rejects.toThrow(
    /does not take the key of Secret the-secret: add its public key there/,
  );
});

it("shows a user and password to the host, and nobody else", async () => {
  expect((await fetch(webUrl, { username: "ann", password: "p@ss/word" })).commit).toBe(commit);
  const refused = fetch(webUrl, { username: "ann", password: "hunter2" });
  await expect(refused).rejects.toThrow(/does not take the user and password of Secret the-secret/);
  const error: unknown = await refused.catch((caught: unknown) => caught);
  expect(JSON.stringify([String(error), (error as { cause?: object }).cause])).not.toContain("hunter2");
  await expect(fetch(webUrl, undefined)).rejects.toThrow(/wants a user and password/);
});

it("leaves no secret behind", async () => {
  const { stdout } = await run("sh", [
    "-c",
    `ls -d ${dir}/nagi-git-access-* | wc -l; grep -rl hunter2 ${dir}/work-* | wc -l`,
  ]);
  expect(stdout).toBe("0\n0\n");
});
