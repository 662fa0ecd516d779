/**
 * A push's way from commit to release, told to who pushes as it happens.
 *
 * What must stay true: the ref moves only when its build is complete; one build an app at a time, and a push
 * that waited is refused when the branch moved meanwhile, so that what is deployed last is what the branch says;
 * a pusher who is gone cancels the build.
 */

import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import type { Client } from "../../client/client.ts";
import { waitFor } from "../../client/wait-for.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { controllerRef, refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import type { HookCall, Tell } from "./hook-session.ts";
import { planPush, type PushPlan } from "./push-plan.ts";
import type { Repositories, RepositoryRef } from "./repositories.ts";
import { Turns } from "./turns.ts";

const buildTimeoutMs = 2 * 60 * 60_000;
const releaseTimeoutMs = 15 * 60_000;
const maxNameTries = 20;
const maxComplaintBytes = 4096;
const maxSubjectLength = 200;
const endPhases: ReadonlySet<string> = new Set(["Complete", "Failed", "Error", "Cancelled"]);

export interface DeployOptions {
  readonly client: Client;
  readonly repositories: Repositories;
  readonly sources: SourceStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One push, from the first hook to the end of its connection. */
export interface Push {
  readonly repository: RepositoryRef;
  readonly user: string;
  /** Aborted when who pushes is gone. */
  readonly signal: AbortSignal;
}

type Deployed = NonNullable<PushPlan["deploy"]>;

export class Deployer {
  readonly #options: DeployOptions;
  readonly #turns = new Turns();

  constructor(options: DeployOptions) {
    this.#options = options;
  }

  /** The answers to the hooks of a push, and what to do when the push is over. */
  begin(push: Push): { answer(call: HookCall, tell: Tell): Promise<boolean>; end(): void } {
    let build: Build | undefined;
    let release: (() => void) | undefined;
    const end = (): void => {
      release?.();
      release = undefined;
    };
    const before = async (call: HookCall, tell: Tell): Promise<boolean> => {
      const app = await this.#options.client.get(appKind, appRef(push));
      const plan = planPush(push.repository.app, app.spec?.branch, call.updates);
      for (const note of plan.notes) tell(`-----> ${note}`);
      if (plan.refusal !== undefined) return refuse(tell, plan.refusal);
      if (plan.deploy === undefined) return true;
      const turn = await this.#turn(push, tell);
      release = turn.giveBack;
      const moved = turn.waited ? await this.#moved(push, plan.deploy) : undefined;
      if (moved !== undefined) return refuse(tell, moved);
      build = await this.#startBuild(push, app, plan.deploy, call);
      return await this.#follow(build, push, tell);
    };
    return {
      end,
      answer: async (call, tell) => {
        try {
          if (call.hook === "pre-receive") return await before(call, tell);
          // The ref has moved: the next push may have its turn while this one is released.
          end();
          if (build !== undefined) await this.#tellRelease(build, push, tell);
          return true;
        } catch (error) {
          if (push.signal.aborted) return false;
          const failure = isStatus(error) ? "info" : "error";
          this.#options.log[failure]("a push failed", { ...push.repository, error });
          return refuse(tell, messageOf(error));
        }
      },
    };
  }

  async #turn(push: Push, tell: Tell): Promise<{ readonly giveBack: () => void; readonly waited: boolean }> {
    const { namespace, app } = push.repository;
    const key = `${namespace}/${app}`;
    const waited = this.#turns.isTaken(key);
    if (waited) tell(`-----> Waiting for another push of ${app} to end`);
    return { giveBack: await this.#turns.take(key, push.signal), waited };
  }

  /** What was pushed while this push waited: git would refuse to move the ref, after a build for nothing. */
  async #moved(push: Push, { branch, old }: Deployed): Promise<string | undefined> {
    const { repositories } = this.#options;
    const path = repositories.path(push.repository);
    const present = await repositories
      .git(path, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`])
      .then((text) => text.trim())
      .catch(() => undefined);
    if (present === old) return undefined;
    return `another push has moved ${branch} meanwhile: fetch, merge and push again`;
  }

  async #startBuild(push: Push, app: App, deployed: Deployed, call: HookCall): Promise<Build> {
    const { commit } = deployed;
    const path = this.#options.repositories.path(push.repository);
    const [source, about] = await Promise.all([
      this.#archive(path, commit, call.environment),
      this.#options.repositories.git(
        path,
        ["show", "-s", "--format=%an%x00%ae%x00%s", commit],
        call.environment,
      ),
    ]);
    const [name = "", email = "", subject = ""] = about.trimEnd().split("\0");
    const message = subject.slice(0, maxSubjectLength);
    const fresh = newObject<Build>(
      buildKind,
      {
        namespace: push.repository.namespace,
        labels: { "nagi.dev/app": push.repository.app },
        annotations: { "nagi.dev/pushed-by": push.user, "nagi.dev/branch": deployed.branch },
        ownerReferences: [controllerRef(app)],
      },
      {
        spec: {
          source: { type: "Binary", binary: { asFile: source } },
          revision: { type: "Git", git: { commit, author: { name, email }, message } },
          strategy: { type: "Nagi" },
          output: { to: { kind: "ImageStreamTag", name: `${push.repository.app}:latest` } },
          triggeredBy: [{ message: `Push of ${deployed.branch} by ${push.user}` }],
        },
      },
    );
    return await this.#createNumbered(fresh, push.repository);
  }

  async #archive(path: string, commit: string, environment: HookCall["environment"]): Promise<string> {
    const { repositories, sources } = this.#options;
    const child = spawn("git", ["archive", "--format=tar", commit], {
      cwd: path,
      env: { ...repositories.gitEnvironment(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    child.stderr.on(
      "data",
      (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-maxComplaintBytes)),
    );
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    // Read from the start: Node throws away what nobody reads when a child has ended.
    const tar = child.stdout.pipe(new PassThrough());
    const [{ id }, code] = await Promise.all([sources.put(tar), ended]);
    if (code === 0) return id;
    throw new Error(`cannot read the files of ${commit}: ${complaint.trim()}`);
  }

  /** `hello-1`, `hello-2`: numbers of an app's builds grow, and two at once get two numbers. */
  async #createNumbered(fresh: Build, { namespace, app }: RepositoryRef): Promise<Build> {
    const { client } = this.#options;
    const { items } = await client.list(buildKind, { namespace, labelSelector: `nagi.dev/app=${app}` });
    const numbers = items.map(({ metadata }) => Number(/-(\d+)$/.exec(metadata.name ?? "")?.[1] ?? 0));
    const first = Math.max(0, ...numbers) + 1;
    for (let number = first; number < first + maxNameTries; number += 1) {
      const annotations = { ...fresh.metadata.annotations, "openshift.io/build.number": String(number) };
      const metadata = { ...fresh.metadata, name: `${app}-${number}`, annotations };
      try {
        return await client.create(buildKind, { ...fresh, metadata });
      } catch (error) {
        if (!isStatus(error, "AlreadyExists")) throw error;
      }
    }
    throw new Error(`cannot name a build of ${app}: ${maxNameTries} names from ${app}-${first} are taken`);
  }

  /** Tells the log and says whether the build is complete. */
  async #follow(build: Build, push: Push, tell: Tell): Promise<boolean> {
    const { client, clock } = this.#options;
    const ref = refOf(build);
    try {
      await this.#tellLog(build, push, tell);
      const until = (found: Build | undefined): boolean =>
        found === undefined || endPhases.has(found.status?.phase ?? "");
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

  /** The push is accepted: the rest is for the pusher's eyes. */
  async #tellRelease(build: Build, push: Push, tell: Tell): Promise<void> {
    const { client } = this.#options;
    const aborter = new AbortController();
    const timer = this.#options.clock.after(releaseTimeoutMs, () => aborter.abort());
    const signal = AbortSignal.any([aborter.signal, push.signal]);
    let announced = false;
    try {
      const { namespace, app } = push.repository;
      for await (const event of client.watch(releaseKind, {
        namespace,
        fieldSelector: `spec.app=${app}`,
        signal,
      })) {
        if (event.type === "BOOKMARK" || event.object.spec.build !== build.metadata.name) continue;
        if (!announced) tell(`-----> Release v${event.object.spec.version}`);
        announced = true;
        if (await this.#tellPhase(event.object, push, tell)) return;
      }
    } finally {
      timer.cancel();
      aborter.abort();
    }
    if (!push.signal.aborted) tell(" !     The release is not live yet. See `nagi ps` and `nagi events`.");
  }

  /** Whether that was the end. */
  async #tellPhase({ spec, status }: Release, push: Push, tell: Tell): Promise<boolean> {
    switch (status?.phase) {
      case "Live": {
        const app = await this.#options.client.get(appKind, appRef(push));
        const url = app.status?.url;
        tell(url === undefined ? "       live" : `       ${url}`);
        return true;
      }
      case "Failed":
        tell(` !     v${spec.version} failed: ${status.message ?? "no reason is known"}`);
        tell(" !     What ran before goes on. See `nagi logs` and `nagi events`.");
        return true;
      case "Superseded":
        tell(`       v${spec.version} was followed by a newer release before it was live`);
        return true;
      default:
        return false;
    }
  }
}

function appRef({ repository }: Push): { readonly namespace: string; readonly name: string } {
  return { namespace: repository.namespace, name: repository.app };
}

function refuse(tell: Tell, message: string): false {
  tell(` !     ${message}`);
  return false;
}
