/** The real git against the real handler; builds and releases are played. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { WriteOptions } from "../../../client/client.ts";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { SourceStore } from "../../../lib/source-store.ts";
import { newObject, type Kind } from "../../../model/kind.ts";
import type { SubjectAccessReview } from "../../../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import type { TokenReview } from "../../../model/kinds/authentication/tokenreview/tokenreview.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../../model/kinds/build/build/build.ts";
import { app as appKind, type App, type AppSpec } from "../../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../../model/kinds/nagi/release/release.ts";
import { keyOf, refOf, type KubeObject } from "../../../model/meta.ts";
import { createGitServer, type GitServer } from "../git-server.ts";

export const testPath = "/usr/local/bin:/usr/bin:/bin";

/** Knows ann, who may do everything, and bob, who may look. */
export class ReviewingClient extends FakeClient {
  override async create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    if (kind.kind === "TokenReview") {
      const { token = "" } = (object as unknown as TokenReview).spec;
      const authenticated = token === "ann" || token === "bob";
      return { ...object, status: authenticated ? { authenticated, user: { username: token } } : {} };
    }
    if (kind.kind === "SubjectAccessReview") {
      const { user, resourceAttributes } = (object as unknown as SubjectAccessReview).spec;
      return { ...object, status: { allowed: user === "ann" || resourceAttributes?.verb === "get" } };
    }
    return await super.create(kind, object, options);
  }
}

/** Less than a test has, which would not say what hung. */
const runMaxMs = 60_000;

export interface Result {
  readonly code: number | null;
  readonly text: string;
}

export class GitBench {
  readonly dir: string;
  readonly work: string;
  readonly client: ReviewingClient;
  readonly sources: SourceStore;
  readonly git: GitServer;
  readonly port: number;
  readonly server: Server;
  readonly #aborter = new AbortController();

  private constructor(
    dir: string,
    parts: {
      readonly sources: SourceStore;
      readonly git: GitServer;
      readonly server: Server;
      client: ReviewingClient;
    },
  ) {
    this.dir = dir;
    this.work = join(dir, "work");
    this.client = parts.client;
    this.sources = parts.sources;
    this.git = parts.git;
    this.server = parts.server;
    this.port = (parts.server.address() as AddressInfo).port;
  }

  static async start(): Promise<GitBench> {
    const dir = await mkdtemp(join(tmpdir(), "nagi-git-"));
    const client = new ReviewingClient();
    const sources = new SourceStore({ directory: join(dir, "sources") });
    const git = await createGitServer({
      client,
      dataDir: join(dir, "git"),
      sources,
      path: testPath,
      platformUrl: "http://platform.test",
      maxPushBytes: 1024 ** 2,
      clock: systemClock,
      log: silentLogger,
    });
    const server = createServer((request, response) => void git.handler.handle(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const bench = new GitBench(dir, { sources, git, server, client });
    bench.seedApp("hello");
    await bench.run(["init", "-q", "-b", "main", bench.work], dir);
    return bench;
  }

  async stop(): Promise<void> {
    this.#aborter.abort();
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.dir, { recursive: true, maxRetries: 5 });
  }

  seedApp(name: string, spec: AppSpec = {}): void {
    const status = { url: `http://${name}.test` };
    this.client.seed(newObject<App>(appKind, { name, namespace: "default" }, { spec, status }));
  }

  run(args: string[], cwd = this.work, onText: (text: string) => void = () => undefined): Promise<Result> {
    const who = ["AUTHOR", "COMMITTER"].flatMap((role) => [
      [`GIT_${role}_NAME`, "Ann"],
      [`GIT_${role}_EMAIL`, "ann@test"],
    ]);
    const env = { PATH: testPath, HOME: this.dir, GIT_TERMINAL_PROMPT: "0", ...Object.fromEntries(who) };
    const child = spawn("git", args, { cwd, env });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      onText(text);
    });
    return new Promise((resolve, reject) => {
      const tooLong = `git ${args.join(" ")} did not end within ${runMaxMs / 1000} s: `;
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`${tooLong}${text}`));
      }, runMaxMs);
      child.on("close", (code) => {
        clearTimeout(timer);
        resolve({ code, text });
      });
    });
  }

  url(user: string, repository = "hello"): string {
    return `http://any:${user}@127.0.0.1:${this.port}/${repository}.git`;
  }

  /** Commits the files; the hash of the commit. */
  async commit(files: string | Readonly<Record<string, string>>, cwd = this.work): Promise<string> {
    const given = typeof files === "string" ? { "file.txt": files } : files;
    for (const [name, text] of Object.entries(given)) {
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), text);
    }
    await this.run(["add", "."], cwd);
    const subject = typeof files === "string" ? `Write ${files}` : "Change";
    await this.run(["commit", "-q", "--allow-empty", "-m", subject], cwd);
    return (await this.run(["rev-parse", "HEAD"], cwd)).text.trim();
  }

  /** Ends builds as told, in order of their creation; `hold` leaves one running. */
  async playBuilds(...outcomes: (BuildStatus | "hold")[]): Promise<void> {
    for await (const event of this.client.watch(buildKind, { signal: this.#aborter.signal })) {
      if (event.type !== "ADDED") continue;
      const outcome = outcomes.shift() ?? { phase: "Complete" };
      if (outcome === "hold") continue;
      this.client.logs.set(keyOf(refOf(event.object)), "-----> Build\n       a step\n");
      await this.endBuild(event.object, outcome);
    }
  }

  async endBuild(build: Build, status: BuildStatus): Promise<void> {
    const body = { status: { ...status, completionTimestamp: new Date().toISOString() } };
    const patch = { type: "merge", body: structuredClone(body) as never } as const;
    await this.client.patch(buildKind, refOf(build), patch, { subresource: "status" });
    if (status.phase !== "Complete") return;
    const app = build.metadata.labels?.["nagi.dev/app"] ?? "";
    const version = Number(build.metadata.name?.split("-").at(-1));
    const name = `${app}-v${version}`;
    const commit = build.spec.revision?.git?.commit;
    const spec = {
      app,
      version,
      image: "x",
      processes: {},
      configSecret: "x",
      build: build.metadata.name,
      commit,
    };
    this.client.seed(
      newObject<Release>(releaseKind, { name, namespace: "default" }, { spec, status: { phase: "Live" } }),
    );
    const found = await this.client.get(appKind, { namespace: "default", name: app });
    this.client.seed({ ...found, status: { ...found.status, currentRelease: name } });
  }

  async refs(app = "hello"): Promise<string> {
    return (await this.run(["ls-remote", this.url("ann", app)])).text;
  }
}
