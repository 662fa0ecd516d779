/**
 * A push's way from commit to release, told to who pushes as it happens.
 *
 * What must stay true: the ref moves only when its build is complete; one build an app at a time, and a push
 * that waited is refused when the branch moved meanwhile, so that what is deployed last is what the branch says;
 * a pusher who is gone cancels the build.
 */

import { isEnded } from "../../model/kinds/build/build-phases.ts";
import type { Client } from "../../client/client.ts";
import type { UserInfo } from "../../client/user.ts";
import { waitFor } from "../../client/wait-for.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { SourceTooLargeError } from "../../lib/source-store.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import type { BuildMaker, Wanted } from "./build-maker.ts";
import { changesText, isSameTree, liveSource, type Git, type LiveSource } from "./changes.ts";
import type { HookCall, Tell } from "./hook-session.ts";
import { directoryRef, planPush, pushOptionsOf, sourceName, type Deployed } from "./push-plan.ts";
import { tellRelease } from "./release-teller.ts";
import type { Repositories, RepositoryRef } from "./repositories.ts";
import { SubmoduleProblem } from "../../lib/git/list-submodules.ts";
import { Turns } from "./turns.ts";

const buildTimeoutMs = 2 * 60 * 60_000;

export interface DeployOptions {
  readonly client: Client;
  readonly repositories: Repositories;
  readonly maker: BuildMaker;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One push, from the first hook to the end of its connection. */
export interface Push {
  readonly repository: RepositoryRef;
  readonly user: UserInfo;
  /** Aborted when who pushes is gone. */
  readonly signal: AbortSignal;
}

/** What the hooks of one push ask for, and what to do when the push is over. */
export interface PushSession {
  answer(call: HookCall, tell: Tell): Promise<boolean>;
  end(): void;
}

export class Deployer {
  readonly #options: DeployOptions;
  readonly #turns = new Turns();

  constructor(options: DeployOptions) {
    this.#options = options;
  }

  begin(push: Push): PushSession {
    let build: Build | undefined;
    let release: (() => void) | undefined;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      release?.();
      release = undefined;
    };
    const before = async (call: HookCall, tell: Tell): Promise<boolean> => {
      const asked = await this.#wanted(push, call, tell);
      if (typeof asked === "boolean") return asked;
      const turn = await this.#turn(push, tell);
      release = turn.giveBack;
      // Its git may have ended while it waited, with nobody left to give the turn back.
      if (isOver) {
        end();
        return false;
      }
      const moved = turn.waited ? await this.#moved(push, asked.deployed) : undefined;
      if (moved !== undefined) return refuse(tell, moved);
      const begun = await this.#startBuild(asked, tell);
      if (typeof begun === "boolean") return begun;
      build = begun;
      return await this.#follow(build, push, tell);
    };
    const after = async (call: HookCall, tell: Tell): Promise<void> => {
      // The ref has moved: the next push may have its turn while this one is released.
      end();
      // `nagi deploy` follows the release itself, for its exit code.
      if (build === undefined || call.updates.some(({ ref }) => ref === directoryRef)) return;
      const options = pushOptionsOf(call.options);
      if (typeof options === "object" && options.noWait)
        tell("-----> The release goes on: see nagi releases");
      else await tellRelease(build, tell, this.#options, push.signal);
    };
    return {
      end,
      answer: async (call, tell) => {
        try {
          if (call.hook === "pre-receive") return await before(call, tell);
          await after(call, tell);
          return true;
        } catch (error) {
          if (push.signal.aborted) return false;
          const isAnswer =
            isStatus(error) || error instanceof SubmoduleProblem || error instanceof SourceTooLargeError;
          this.#options.log[isAnswer ? "info" : "error"]("a push failed", { ...push.repository, error });
          return refuse(tell, messageOf(error));
        }
      },
    };
  }

  /** What is to be built, or whether the push is accepted without a build. */
  async #wanted(push: Push, call: HookCall, tell: Tell): Promise<Wanted | boolean> {
    const { repository, user } = push;
    const options = pushOptionsOf(call.options);
    if (typeof options === "string") return refuse(tell, options);
    const app = await this.#options.client.get(appKind, {
      namespace: repository.namespace,
      name: repository.app,
    });
    const plan = planPush(repository.app, app.spec?.branch, call.updates);
    for (const note of plan.notes) tell(`-----> ${note}`);
    if (plan.refusal !== undefined) return refuse(tell, plan.refusal);
    if (plan.deploy === undefined) return true;
    const { environment } = call;
    return { app, repository, user, deployed: plan.deploy, options, environment };
  }

  async #turn(push: Push, tell: Tell): Promise<{ readonly giveBack: () => void; readonly waited: boolean }> {
    const { namespace, app } = push.repository;
    const key = `${namespace}/${app}`;
    const waited = this.#turns.isTaken(key);
    if (waited) tell(`-----> Waiting for another push of ${app} to end`);
    return { giveBack: await this.#turns.take(key, push.signal), waited };
  }

  /** What was pushed while this push waited: git would refuse to move the ref, after a build for nothing. */
  async #moved(push: Push, { ref, old }: Deployed): Promise<string | undefined> {
    const { repositories } = this.#options;
    const path = repositories.path(push.repository);
    const present = await repositories
      .git(path, ["rev-parse", "--verify", "--quiet", ref])
      .then((text) => text.trim())
      .catch(() => undefined);
    if (present === old) return undefined;
    return ref.startsWith("refs/heads/")
      ? `another push has moved ${sourceName(ref)} meanwhile: fetch, merge and push again`
      : "another directory was deployed meanwhile: deploy again";
  }

  /** The build; or whether the push is accepted without one. */
  async #startBuild(wanted: Wanted, tell: Tell): Promise<Build | boolean> {
    const { maker, repositories } = this.#options;
    const { repository, deployed, app } = wanted;
    const refusal = await maker.refusal(wanted);
    if (refusal !== undefined) return refuse(tell, refusal);
    const path = repositories.path(repository);
    const git: Git = (...args) => repositories.git(path, args, wanted.environment);
    const live = await liveSource(this.#options.client, app);
    const contextDir = app.spec?.source?.contextDir ?? "";
    if (live !== undefined && (await isUnchanged(git, wanted, live))) {
      tell(
        `-----> Nothing in ${contextDir} has changed since ${live.version}, which is live: not built again`,
      );
      tell(`       To build it all the same: nagi builds retry --app ${repository.app}`);
      return true;
    }
    const { commit } = deployed;
    const [{ build, source }, changes] = await Promise.all([
      maker.start(wanted),
      live === undefined ? firstText(app) : changesText(git, live, commit, contextDir),
    ]);
    const subject = build.spec.revision?.git?.message ?? "";
    tell(`-----> ${build.metadata.name}: ${sourceName(deployed.ref)} at ${commit.slice(0, 7)}, ${subject}`);
    const facts = [
      `source of ${sizeText(source.sizeBytes)}`,
      ...(contextDir === "" ? [] : [`root ${contextDir}`]),
      ...(source.submodules.length === 0 ? [] : [`with submodules ${source.submodules.join(", ")}`]),
    ];
    if (changes !== undefined) tell(`       ${changes}`);
    tell(`       ${facts.join(", ")}`);
    return build;
  }

  /** Tells the log and says whether the build is complete. */
  async #follow(build: Build, push: Push, tell: Tell): Promise<boolean> {
    const { client, clock } = this.#options;
    const ref = refOf(build);
    try {
      await this.#tellLog(build, push, tell);
      const until = (found: Build | undefined): boolean => found === undefined || isEnded(found);
      const options = { clock, timeoutMs: buildTimeoutMs, signal: push.signal };
      const ended = await waitFor(client, { kind: buildKind, ref, until }, options);
      if (ended?.status?.phase === "Complete") return true;
      return refuse(
        tell,
        `${ref.name} ${(ended?.status?.phase ?? "Deleted").toLowerCase()}. What runs is left as it is.`,
      );
    } catch (error) {
      if (push.signal.aborted) await this.#cancel(build);
      throw error;
    }
  }

  async #tellLog(build: Build, push: Push, tell: Tell): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#options.client.log(buildKind, refOf(build), {
      follow: true,
      signal: push.signal,
    })) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) tell(line);
    }
    if (rest !== "") tell(rest);
    push.signal.throwIfAborted();
  }

  async #cancel(build: Build): Promise<void> {
    const { client, log } = this.#options;
    const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
    await client.patch(buildKind, refOf(build), patch, { subresource: "status" }).catch((error: unknown) => {
      log.warn("cannot cancel the build of a broken push", { build: build.metadata.name, error });
    });
  }
}

/** Only where an app has a part of the repository: an empty commit is a usual way to build all anew. */
async function isUnchanged(git: Git, { app, deployed, options }: Wanted, live: LiveSource): Promise<boolean> {
  const contextDir = app.spec?.source?.contextDir;
  if (contextDir === undefined || contextDir !== live.contextDir) return false;
  if (options.force || options.noCache) return false;
  return await isSameTree(git, live, deployed.commit);
}

function sizeText(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function refuse(tell: Tell, message: string): false {
  tell(` !     ${message}`);
  return false;
}

function firstText({ status }: App): string {
  return (status?.latestVersion ?? 0) === 0
    ? "First build"
    : "No release is live, so there is nothing to compare with";
}
