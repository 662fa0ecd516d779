/** Makes the Build of a pushed commit: its files in the source store, who and what in its spec. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { createBuild } from "../../client/create-build.ts";
import { isAllowed } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import type { UserInfo } from "../../client/user.ts";
import { openRemoteGit } from "../../client/open-remote-git.ts";
import { archiveCommit, type StoredArchive } from "../../lib/git/archive-commit.ts";
import type { RemoteGit } from "../../lib/git/remote-git.ts";
import type { Logger } from "../../lib/log.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { resourcesOfApp, strategyOfApp } from "../../model/kinds/nagi/app/app-strategy.ts";
import { controllerRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { parseCommit } from "./commit-text.ts";
import type { HookCall } from "./hook-session.ts";
import { sourceName, type Deployed, type PushOptions } from "./push-plan.ts";
import type { Repositories, RepositoryRef } from "./repositories.ts";
import { findSubmodule } from "./submodules.ts";

const maxSubjectLength = 200;
const namedDirectoriesMax = 20;

export interface BuildMakerOptions {
  readonly client: Client;
  readonly repositories: Repositories;
  readonly sources: SourceStore;
  /** For repositories of submodules. */
  readonly submodulesDir: string;
  readonly platformUrl: string;
  /** Environment of git that fetches from elsewhere: proxies, besides what every git here gets. */
  readonly fetchEnv: () => Promise<Readonly<Record<string, string>>>;
  readonly log: Logger;
}

/** What is built for whom. */
export interface Wanted {
  readonly app: App;
  readonly repository: RepositoryRef;
  readonly user: UserInfo;
  readonly deployed: Deployed;
  readonly options: PushOptions;
  /** Where git finds the pushed objects. */
  readonly environment: HookCall["environment"];
}

interface AskedSource {
  readonly repository: RepositoryRef;
  readonly commit: string;
  readonly contextDir: string | undefined;
  /** Whose rights count for submodules; absent for a source that was built before. */
  readonly user?: UserInfo;
  readonly environment?: HookCall["environment"];
}

export class BuildMaker {
  readonly #options: BuildMakerOptions;

  constructor(options: BuildMakerOptions) {
    this.#options = options;
  }

  /** Why the commit cannot be the app's source; undefined when it can. */
  async refusal({ app, repository, deployed, environment }: Wanted): Promise<string | undefined> {
    const directory = app.spec?.source?.contextDir;
    if (directory === undefined) return undefined;
    const { repositories } = this.#options;
    const path = repositories.path(repository);
    const entry = await repositories.git(path, ["ls-tree", deployed.commit, "--", directory], environment);
    if (entry.includes(" tree ")) return undefined;
    if (entry.includes(" commit "))
      return `${directory}, the root of ${repository.app}, is a submodule: push that repository instead, or build all: nagi source --root . --app ${repository.app}`;
    const listed = await repositories.git(
      path,
      ["ls-tree", "-d", "--name-only", deployed.commit],
      environment,
    );
    const names = listed.trim().split("\n").slice(0, namedDirectoriesMax).join(", ");
    return (
      `the commit has no directory ${directory}, which is the root of ${repository.app}. ` +
      `At its top are: ${names || "no directories"}. Choose another: nagi source --root DIR --app ${repository.app}`
    );
  }

  async start(wanted: Wanted): Promise<{ readonly build: Build; readonly source: StoredArchive }> {
    const { app, repository, user, deployed, options } = wanted;
    const { commit } = deployed;
    const contextDir = app.spec?.source?.contextDir;
    const [source, about] = await Promise.all([
      this.#archive({ repository, commit, contextDir, user, environment: wanted.environment }),
      this.#about(repository, commit, wanted.environment),
    ]);
    const name = sourceName(deployed.ref);
    const fresh = newObject<Build>(
      buildKind,
      {
        namespace: repository.namespace,
        labels: { [appLabel]: repository.app },
        annotations: {
          "nagi.dev/pushed-by": user.username,
          ...branchOf(deployed.ref),
          ...(options.hold ? { "nagi.dev/hold": "true" } : {}),
        },
        ownerReferences: [controllerRef(app)],
      },
      {
        spec: {
          source: { type: "Binary", binary: { asFile: source.id }, contextDir },
          revision: { type: "Git", git: { commit, ...about } },
          resources: resourcesOfApp(app.spec),
          strategy: strategyOfApp(app.spec, options.noCache ? { noCache: true } : {}),
          output: { to: { kind: "ImageStreamTag", name: `${repository.app}:latest` } },
          triggeredBy: [{ message: `Push of ${name} by ${user.username}` }],
        },
      },
    );
    return { build: await createBuild(this.#options.client, repository.app, fresh), source };
  }

  /** Puts the source of a build into the store again, from its commit; false when that is no longer there. */
  async restore({ metadata, spec }: Build): Promise<boolean> {
    const { namespace = "default", labels } = metadata;
    const app = labels?.[appLabel];
    const commit = spec.revision?.git?.commit;
    if (app === undefined || commit === undefined) return false;
    const repository = { namespace, app };
    const { repositories } = this.#options;
    const exists = repositories.git(repositories.path(repository), ["cat-file", "-e", `${commit}^{commit}`]);
    const isThere = await exists.then(
      () => true,
      () => false,
    );
    if (!isThere) return false;
    // Who pushed it could read its submodules then.
    const stored = await this.#archive({ repository, commit, contextDir: spec.source?.contextDir });
    return stored.id === spec.source?.binary?.asFile;
  }

  async #archive(asked: AskedSource): Promise<StoredArchive> {
    const { repository, commit, contextDir, user, environment } = asked;
    const { repositories, sources, submodulesDir, platformUrl } = this.#options;
    const env = { ...repositories.gitEnvironment(), ...environment };
    const path = repositories.path(repository);
    const mayRead = (ref: RepositoryRef): Promise<boolean> => this.#mayRead(ref, user);
    const remote = (): Promise<RemoteGit> => this.#remoteGit(repository);
    const options = { repositories, directory: submodulesDir, platformUrl, mayRead, remote };
    return await archiveCommit(
      { path, commit, directory: contextDir ?? "", env },
      {
        sources,
        findSubmodule: (submodule, parentUrl) =>
          findSubmodule(submodule, { parentUrl, namespace: repository.namespace }, options),
        submoduleEnv: repositories.gitEnvironment(),
      },
    );
  }

  async #remoteGit({ namespace, app }: RepositoryRef): Promise<RemoteGit> {
    const { client, repositories, fetchEnv, log } = this.#options;
    return await openRemoteGit(client, {
      namespace,
      app,
      env: { ...(await fetchEnv()), ...repositories.gitEnvironment() },
      onForgotten: (error) => log.warn("cannot keep the host key of a submodule", { namespace, app, error }),
    });
  }

  async #mayRead({ namespace, app: name }: RepositoryRef, user: UserInfo | undefined): Promise<boolean> {
    const { client } = this.#options;
    const action = { verb: "get", group: "nagi.dev", resource: "apps", namespace, name };
    if (user !== undefined && !(await isAllowed(client, user, action))) return false;
    return await client.get(appKind, { namespace, name }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
  }

  async #about(repository: RepositoryRef, commit: string, environment: HookCall["environment"]) {
    const { repositories } = this.#options;
    const path = repositories.path(repository);
    const text = await repositories.git(path, ["cat-file", "commit", commit], environment);
    const { author, subject } = parseCommit(text);
    return { author, message: subject.slice(0, maxSubjectLength) };
  }
}

function branchOf(ref: string): Record<string, string> {
  const branch = /^refs\/heads\/(.*)$/.exec(ref)?.[1];
  return branch === undefined ? {} : { "nagi.dev/branch": branch };
}
