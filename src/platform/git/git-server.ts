/**
 * Git over HTTP: `git push http://HOST/APP.git` (or `/NAMESPACE/APP.git`) builds and releases the app.
 *
 * What must stay true: nobody reads or writes a repository without the right to read or write its app; git's
 * own programs speak git's protocol; what is pushed is a ref only when the platform said yes.
 */

import { findObject } from "../../client/find-object.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import { runController } from "../../client/controller.ts";
import type { UserInfo } from "../../client/user.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import type { Logger } from "../../lib/log.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { keyOf, refFromKey, refOf } from "../../model/meta.ts";
import { BuildMaker } from "./build-maker.ts";
import { Deployer } from "./deploy.ts";
import { serveHooks } from "./hook-session.ts";
import { writeHooks } from "./hook-script.ts";
import { runHttpBackend } from "./http-backend.ts";
import { Repositories, type RepositoryRef } from "./repositories.ts";
import { accessApp, type Access } from "./repository-access.ts";
import { createSshSessions } from "./ssh-sessions.ts";
import type { SessionServerOptions } from "./ssh/session-server.ts";

/** Requests that git works on at a time; further ones are asked to come back. */
const maxConcurrent = 32;
const defaultPushBytes = 2 * 1024 ** 3;
/** A push that takes longer than this is none any more. */
const halfPushKeepMs = 24 * 60 * 60_000;

export interface GitServerOptions {
  readonly client: Client;
  /** For the repositories. */
  readonly dataDir: string;
  readonly sources: SourceStore;
  /** PATH, with git in it. */
  readonly path: string;
  /** Where git answers, for submodules that are apps: http://localhost:8080. */
  readonly platformUrl: string;
  /** Environment of git that fetches submodules from elsewhere: proxies. */
  readonly fetchEnv?: (() => Promise<Readonly<Record<string, string>>>) | undefined;
  /** Largest push, packed. */
  readonly maxPushBytes?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface GitServer {
  readonly handler: HttpHandler;
  /** Puts the source of a build into the store again; false when its commit is no longer there. */
  restoreSource(build: Build): Promise<boolean>;
  /** For git over SSH. */
  readonly sessions: Pick<SessionServerOptions, "refusal" | "serve">;
  /** Removes the repositories of apps that are gone, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export async function createGitServer(options: GitServerOptions): Promise<GitServer> {
  const hooksDir = join(options.dataDir, "hooks");
  await writeHooks(hooksDir);
  const repositories = new Repositories({
    directory: join(options.dataDir, "repositories"),
    hooksDir,
    limits: { pushBytes: options.maxPushBytes ?? defaultPushBytes },
    path: options.path,
  });
  const program = join((await repositories.git(options.dataDir, ["--exec-path"])).trim(), "git-http-backend");
  const { client, sources, clock, log, platformUrl, fetchEnv = () => Promise.resolve({}) } = options;
  const submodulesDir = join(options.dataDir, "submodules");
  const maker = new BuildMaker({
    client,
    repositories,
    sources,
    submodulesDir,
    platformUrl,
    fetchEnv,
    log,
  });
  const deployer = new Deployer({ client, repositories, maker, clock, log });
  return {
    handler: new GitHandler(options, { repositories, deployer, program }),
    sessions: createSshSessions({ client, repositories, deployer, log }),
    restoreSource: (build) => maker.restore(build),
    run: (signal) => removeOrphans(options, repositories, signal),
  };
}

interface GitRequest extends Access {
  /** Below the repository, with its slash. */
  readonly rest: string;
  readonly query: string;
}

const services: ReadonlySet<string> = new Set([
  "GET /info/refs?git-upload-pack",
  "GET /info/refs?git-receive-pack",
  "POST /git-upload-pack",
  "POST /git-receive-pack",
]);

/** Undefined for what is no request of git's smart protocol. */
export function parseGitRequest(method: string, target: string): GitRequest | undefined {
  const url = new URL(target, "http://git");
  const match = /^\/(?:([a-z0-9-]{1,63})\/)?([a-z0-9-]{1,63})\.git(\/.*)$/.exec(url.pathname);
  if (match === null) return undefined;
  const [, namespace = "default", app = "", rest = ""] = match;
  const service = url.searchParams.get("service");
  if (!services.has(`${method} ${rest}${service === null ? "" : `?${service}`}`)) return undefined;
  const writes = service === "git-receive-pack" || rest === "/git-receive-pack";
  return { repository: { namespace, app }, rest, query: url.search.slice(1), writes };
}

interface GitParts {
  readonly repositories: Repositories;
  readonly deployer: Deployer;
  /** Path of git's http-backend. */
  readonly program: string;
}

class GitHandler implements HttpHandler {
  readonly prefix = "/";
  readonly #options: GitServerOptions;
  readonly #repositories: Repositories;
  readonly #deployer: Deployer;
  readonly #program: string;
  #running = 0;

  constructor(options: GitServerOptions, { repositories, deployer, program }: GitParts) {
    this.#program = program;
    this.#options = options;
    this.#repositories = repositories;
    this.#deployer = deployer;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = parseGitRequest(request.method ?? "GET", request.url ?? "/");
    if (asked === undefined)
      return say(response, 404, "There is nothing here. Git repositories are at /APP.git");
    const user = await this.#authenticate(request);
    if (user === undefined) {
      response.setHeader("www-authenticate", 'Basic realm="Nagi"');
      return say(response, 401, "Log in with any user name and your API token as the password.");
    }
    const found = await accessApp(this.#options.client, asked, user);
    if (typeof found === "string") return say(response, 404, found);
    if (this.#running >= maxConcurrent) {
      response.setHeader("retry-after", "5");
      return say(response, 503, "Too many git requests at once. Try again in a moment.");
    }
    this.#running += 1;
    try {
      await this.#repositories.ensure(asked.repository, found.metadata.uid ?? "");
      await this.#serve(asked, user, request, response);
    } catch (error) {
      this.#options.log.warn("a git request failed", { ...asked.repository, error });
      if (response.headersSent) response.destroy();
      else say(response, 500, "The platform could not run git. Its log says why.");
    } finally {
      this.#running -= 1;
    }
  }

  async #authenticate(request: IncomingMessage): Promise<UserInfo | undefined> {
    const token = tokenOf(request.headers.authorization);
    return token === undefined ? undefined : await userOfToken(this.#options.client, token);
  }

  /** Who pushed has its answer already. */
  async #tidy(repository: RepositoryRef): Promise<void> {
    await this.#repositories.tidy(repository).catch((error: unknown) => {
      this.#options.log.warn("cannot tidy a repository", { ...repository, error });
    });
  }

  async #serve(
    asked: GitRequest,
    user: UserInfo,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { repository } = asked;
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort(new Error("who pushed is gone"));
    });
    const push = this.#deployer.begin({ repository, user, signal: gone.signal });
    const onHooks = (stream: Duplex): void => {
      serveHooks(stream, (call, tell) => push.answer(call, tell)).catch((error: unknown) => {
        stream.destroy();
        if (gone.signal.aborted) return;
        this.#options.log.warn("cannot go on with a push", { ...repository, error });
      });
    };
    try {
      const pathInfo = `/${repository.namespace}/${repository.app}.git${asked.rest}`;
      const environment = this.#repositories.gitEnvironment();
      const { root } = this.#repositories;
      const program = this.#program;
      const given = {
        request,
        response,
        pathInfo,
        query: asked.query,
        user: user.username,
        environment,
        root,
        program,
      };
      await runHttpBackend(given, onHooks, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    } finally {
      push.end();
    }
    if (asked.rest === "/git-receive-pack") await this.#tidy(repository);
  }
}

/** git shows the text of an answer to its user as `remote:` lines. */
function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

async function removeOrphans(
  { client, clock, log }: GitServerOptions,
  repositories: Repositories,
  signal: AbortSignal,
): Promise<void> {
  const remove = async (key: string): Promise<void> => {
    const { namespace = "default", name } = refFromKey(key);
    const found = await findObject(client, appKind, { namespace, name });
    if (found === undefined) await repositories.remove({ namespace, app: name });
  };
  for (const { namespace, app } of await repositories.list()) {
    await repositories.removeHalves({ namespace, app }, new Date(clock.now() - halfPushKeepMs));
    await remove(keyOf({ namespace, name: app })).catch((error: unknown) => {
      log.warn("cannot look after a repository", { namespace, app, error });
    });
  }
  await runController(
    {
      name: "git-repositories",
      client,
      watches: [{ kind: appKind, keysOf: (object) => [keyOf(refOf(object))] }],
      reconcile: remove,
      clock,
      log,
    },
    signal,
  );
}
