/** Git over SSH, as git over HTTP is served: the same rights, the same hooks. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "../../client/client.ts";
import type { Logger } from "../../lib/log.ts";
import type { Deployer } from "./deploy.ts";
import { serveHooks } from "./hook-session.ts";
import type { Repositories } from "./repositories.ts";
import { accessApp } from "./repository-access.ts";
import { runGit } from "./ssh/run-git.ts";
import type { GitSession, SessionServerOptions } from "./ssh/session-server.ts";

const maxConcurrent = 32;

export interface SshSessionsOptions {
  readonly client: Client;
  readonly repositories: Repositories;
  readonly deployer: Deployer;
  readonly log: Logger;
}

export function createSshSessions(
  options: SshSessionsOptions,
): Pick<SessionServerOptions, "refusal" | "serve"> {
  const { client, repositories } = options;
  let running = 0;
  return {
    refusal: async (session) => {
      const found = await accessApp(client, session, session.user);
      if (typeof found === "string") return found;
      if (running >= maxConcurrent) return "Too many git requests at once. Try again in a moment.";
      await repositories.ensure(session.repository, found.metadata.uid ?? "");
      return undefined;
    },
    serve: async (session, stream) => {
      running += 1;
      try {
        await serve(session, stream, options);
      } finally {
        running -= 1;
      }
    },
  };
}

async function serve(session: GitSession, stream: Socket, options: SshSessionsOptions): Promise<void> {
  const { repositories, deployer, log } = options;
  const { repository, user, writes, protocol } = session;
  const gone = new AbortController();
  stream.once("close", () => gone.abort(new Error("who pushed is gone")));
  const push = deployer.begin({ repository, user, signal: gone.signal });
  const onHooks = (hooks: Duplex): void => {
    serveHooks(hooks, (call, tell) => push.answer(call, tell)).catch((error: unknown) => {
      hooks.destroy();
      if (!gone.signal.aborted) log.warn("cannot go on with a push", { ...repository, error });
    });
  };
  const environment = { ...repositories.gitEnvironment(), GIT_PROTOCOL: protocol };
  const path = repositories.path(repository);
  const service = writes ? "receive-pack" : "upload-pack";
  try {
    await runGit({ service, path, environment, stream }, onHooks, gone.signal);
  } finally {
    push.end();
  }
  if (!writes) return;
  await repositories.tidy(repository).catch((error: unknown) => {
    log.warn("cannot tidy a repository", { ...repository, error });
  });
}
