/** The real git against a repository that is served over HTTP as plain files. */

import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { SourceStore } from "../../lib/source-store.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { withFetchedSource } from "./git-source.ts";
import { readSourceTree } from "./source-tree.ts";

let dir: string;
let server: Server;
let uri: string;
let first: string;
let sources: SourceStore;

function git(...args: string[]): string {
  const who = ["-c", "user.name=A", "-c", "user.email=a@test"];
  return execFileSync("git", ["-C", join(dir, "repo"), ...who, ...args], { encoding: "utf8" }).trim();
}

function commit(text: string): string {
  writeFileSync(join(dir, "repo/Procfile"), text);
  git("add", ".");
  git("commit", "-q", "-m", text);
  return git("rev-parse", "HEAD");
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-git-source-"));
  sources = new SourceStore({ directory: join(dir, "sources") });
  mkdirSync(join(dir, "repo"));
  git("init", "-q", "-b", "main");
  first = commit("web: one");
  git("tag", "v1");
  git("branch", "topic");
  commit("web: two");
  git("update-server-info");
  server = createServer((request, response) => {
    try {
      const { pathname } = new URL(request.url ?? "/", "http://git.test");
      response.end(readFileSync(join(dir, "repo/.git", pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

async function procfile(source: Build["spec"]["source"], commit?: string): Promise<string | undefined> {
  const build = newObject<Build>(
    buildKind,
    { name: "a", namespace: "default" },
    {
      spec: {
        source,
        strategy: { type: "Nagi" },
        ...(commit === undefined ? {} : { revision: { type: "Git", git: { commit } } }),
      },
    },
  );
  const { signal } = new AbortController();
  const client = new FakeClient();
  client.seed(build);
  const host = { ca: "", proxies: {} };
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: dir };
  const fetched = await withFetchedSource(build, {
    client,
    sources,
    host,
    env,
    tell: () => undefined,
    signal,
  });
  const id = fetched.spec.source?.binary?.asFile ?? "";
  return (await readSourceTree(sources.open(id), { reads: () => true })).text("Procfile");
}

it("fetches the default branch, a branch, a tag and a commit", async () => {
  expect(await procfile({ git: { uri } })).toBe("web: two");
  expect(await procfile({ git: { uri, ref: "topic" } })).toBe("web: one");
  expect(await procfile({ git: { uri, ref: "v1" } })).toBe("web: one");
  expect(await procfile({ git: { uri, ref: first } })).toBe("web: one");
});

it("says what is wrong and what to look at", async () => {
  await expect(procfile({ git: { uri, ref: "none" } })).rejects.toThrow(
    /cannot fetch none of http.*there is no branch, tag or commit none there.*spec.source.git.ref/,
  );
  await expect(procfile({ git: { uri: `${uri}nowhere` } })).rejects.toThrow(/not found/);
  await expect(procfile({ git: { uri: `file://${dir}/repo` } })).rejects.toThrow(/must begin with http/);
  await expect(procfile({ git: { uri, ref: "--upload-pack=x" } })).rejects.toThrow(/name of a branch/);
  await expect(procfile({ git: { uri }, sourceSecret: { name: "key" } })).rejects.toThrow(
    /Secret key, which the source names, is not in namespace default/,
  );
});

it("tells of a commit that a force push has taken away", async () => {
  const gone = commit("web: three");
  git("commit", "-q", "--amend", "-m", "web: better");
  git("reflog", "expire", "--expire=now", "--all");
  git("prune", "--expire=now");
  git("update-server-info");
  await expect(procfile({ git: { uri, ref: "main" } }, gone)).rejects.toThrow(
    `commit ${gone.slice(0, 7)} is no longer in ${uri}: main was pushed anew since (force push) or deleted. Build what is there now`,
  );
});
