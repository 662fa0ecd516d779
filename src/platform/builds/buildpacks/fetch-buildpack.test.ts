/** The real git and real archives, served over HTTP as plain files. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { BlockList, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitCredential } from "../../../lib/git/git-access.ts";
import { RemoteGit } from "../../../lib/git/remote-git.ts";
import { placeOfBuildpack } from "../../../model/kinds/nagi/buildpack-url.ts";
import { readSourceTree } from "../source-tree.ts";
import { createReadStream } from "node:fs";
import { download } from "../network/download.ts";
import { guardOf, type Guard } from "../network/guard.ts";
import { fetchBuildpack, type RemotePlace } from "./fetch-buildpack.ts";

const host = { ca: "", proxies: {} };
let dir: string;
let server: Server;
let base: string;
let isAway = false;

function git(...args: string[]): void {
  const who = ["-c", "user.name=A", "-c", "user.email=a@test"];
  execFileSync("git", ["-C", join(dir, "repo"), ...who, ...args]);
}

function commit(text: string): void {
  writeFileSync(join(dir, "repo/bin/compile"), text);
  git("add", ".");
  git("commit", "-q", "-m", text);
  git("update-server-info");
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-fetch-buildpack-"));
  mkdirSync(join(dir, "repo/bin"), { recursive: true });
  git("init", "-q", "-b", "main");
  commit("one");
  git("tag", "v1");
  commit("two");
  const tar = (name: string, ...argv: string[]): void => {
    execFileSync("tar", ["-C", dir, "-cf", join(dir, name), ...argv]);
  };
  tar("whole.tgz", "-z", "--transform", "s/^repo/pack-main/", "--exclude=.git", "repo");
  tar("plain.tar", "-C", join(dir, "repo"), "bin");
  mkdirSync(join(dir, "none"));
  writeFileSync(join(dir, "none/buildpack.toml"), "api = '0.8'");
  tar("cnb.tgz", "-z", "none");
  writeFileSync(join(dir, "broken.tgz"), "neither");
  server = createServer((request, response) => {
    let { pathname } = new URL(request.url ?? "/", "http://git.test");
    if (pathname === "/elsewhere.tgz") {
      response.writeHead(302, { location: `http://localhost:${request.socket.localPort}/seen.tgz` }).end();
      return;
    }
    if (pathname === "/seen.tgz" && request.headers.authorization === undefined) pathname = "/whole.tgz";
    if (pathname.startsWith("/private/")) {
      if (request.headers.authorization !== `Basic ${Buffer.from("bot:hush").toString("base64")}`) {
        response.writeHead(401, { "www-authenticate": "Basic" }).end();
        return;
      }
      pathname = pathname.slice("/private".length);
    }
    if (pathname === "/moved.tgz") {
      response.writeHead(302, { location: "/whole.tgz" }).end();
      return;
    }
    try {
      if (isAway) throw new Error("away");
      const path = pathname.replace(/^\/pack\.git/, "repo/.git");
      response.end(readFileSync(join(dir, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

/** What its bin/compile says, and what was told. */
async function compile(
  name: string,
  credential?: GitCredential,
  namespace = "default",
  guard?: Guard,
): Promise<{ readonly text: string | undefined; readonly told: string }> {
  const told: string[] = [];
  const { signal } = new AbortController();
  const directory = join(dir, "kept");
  const tell = (line: string): void => void told.push(line);
  const place = placeOfBuildpack(name) as RemotePlace;
  const open = (_url: string, limit: AbortSignal): Promise<RemoteGit> =>
    Promise.resolve(
      new RemoteGit({
        env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
        credentialFor: () => credential,
        onLearnt: () => Promise.resolve(),
        signal: limit,
      }),
    );
  const options = { directory, namespace, host, guard, git: open, tell, signal };
  const { file, root } = await fetchBuildpack(place, name, options);
  const tree = await readSourceTree(createReadStream(file), { contextDir: root, reads: () => true });
  return { text: tree.text("bin/compile"), told: told.join("\n") };
}

it("fetches the default branch, a tag, and archives", async () => {
  expect(await compile(`${base}/pack.git`)).toMatchObject({
    text: "two",
    told: expect.stringMatching(/-----> Fetching buildpack .*\n {7}commit [0-9a-f]{7}/) as string,
  });
  expect((await compile(`${base}/pack.git#v1`)).text).toBe("one");
  expect((await compile(`${base}/whole.tgz`)).text).toBe("two");
  expect((await compile(`${base}/moved.tgz`)).text).toBe("two");
  expect((await compile(`${base}/plain.tar`)).text).toBe("two");
});

it("fetches no archive of this machine where builds are kept from it", async () => {
  const own = new BlockList();
  own.addSubnet("127.0.0.0", 8);
  const guard = guardOf({ own, named: [] });
  await expect(compile(`${base}/whole.tgz?guarded`, undefined, "default", guard)).rejects.toThrow(
    /it is of this machine or of a container on it, which builds do not reach/,
  );
});

it("says what is wrong", async () => {
  await expect(compile(`${base}/pack.git#none`)).rejects.toThrow(
    /cannot fetch buildpack .*#none: there is no branch, tag or commit none there\. Check its address/,
  );
  await expect(compile(`${base}/nowhere.git`)).rejects.toThrow(/not found/);
  await expect(compile(`${base}/nowhere.tgz`)).rejects.toThrow(/the server answers 404/);
  await expect(compile(`${base}/broken.tgz`)).rejects.toThrow(/is no tar file/);
  await expect(compile(`${base}/cnb.tgz`)).rejects.toThrow(/has no bin\/compile: it is a Cloud Native/);
});

it("fetches private ones with their Secret, and keeps them from others", async () => {
  const secret = { name: "bot", username: "bot", password: "hush", trustFirst: true, repositories: [] };
  for (const path of ["private/pack.git", "private/whole.tgz"]) {
    const url = `${base}/${path}`;
    expect((await compile(url, secret, "team")).text).toBe("two");
    await expect(compile(url, undefined, "team")).rejects.toThrow("cannot fetch buildpack");
    // Not what the other namespace's Secret brought, though it is kept.
    await expect(compile(url, { ...secret, password: "guess" }, "other")).rejects.toThrow("cannot fetch");
    expect((await compile(url, { ...secret, password: "old" }, "team")).told).toMatch(
      /the one fetched .* is used/,
    );
  }
  await expect(compile(`${base}/private/whole.tgz`)).rejects.toThrow(
    /the server answers 401.*a Secret with its password must say that it is for this address/,
  );
  // A password goes no further than the server that it is for.
  expect((await compile(`${base}/elsewhere.tgz`, secret)).text).toBe("two");
});

it("goes on with the last one while the outside is away", async () => {
  isAway = true;
  const { text, told } = await compile(`${base}/pack.git`);
  expect(text).toBe("two");
  expect(told).toMatch(/cannot fetch it \(.*\): the one fetched 2.* is used/);
  await expect(compile(`${base}/pack.git#main`)).rejects.toThrow(/cannot fetch/);
  isAway = false;
});

it("ends what is too large", async () => {
  const { signal } = new AbortController();
  const options = { host, signal, maxBytes: 1000 };
  await expect(download(`${base}/plain.tar`, join(dir, "out"), options)).rejects.toThrow(/larger than/);
});
