/**
 * Tells the forge what became of a commit. What must stay true: no build and no release waits for it or fails by it;
 * each state is told once, also over a restart; a token is in no log and no message.
 */

import { decodeText } from "../../lib/base64.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { backoffDelayMs, type BackoffOptions } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { secret as secretKind } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import { keyOf, refFromKey, refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { commitStatusOf, statusRequest, type CommitStatus } from "./commit-status.ts";

import { askForge, type ForgeAnswer, type Outside } from "./forge-api.ts";

/** What was told last, by webhook. */
const toldAnnotation = "nagi.dev/commit-status";
const triesMax = 8;
const retry: BackoffOptions = { baseMs: 1000, capMs: 5 * 60_000 };
const triedMax = 1000;
const workers = 2;

export interface StatusReporterOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  /** Asked at each request. */
  readonly outside: () => Promise<Outside>;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function runStatusReporter(options: StatusReporterOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log } = options;
  const reporter = new StatusReporter(options);
  await runController(
    {
      name: "commit-statuses",
      client,
      watches: [
        { kind: buildKind, keysOf: (object) => [keyOf(refOf(object))] },
        { kind: releaseKind, keysOf: (object: Release) => buildKeysOf(object) },
      ],
      reconcile: (key) => reporter.reconcile(key),
      workers,
      clock,
      log,
    },
    signal,
  );
}

function buildKeysOf({ metadata, spec }: Release): string[] {
  return spec.build === undefined ? [] : [keyOf({ namespace: metadata.namespace, name: spec.build })];
}

interface Telling {
  readonly build: Build;
  readonly app: App;
  readonly hook: Webhook;
  readonly status: CommitStatus;
}

class StatusReporter {
  readonly #options: StatusReporterOptions;
  /** Failures in a row, by build, webhook and state. */
  readonly #tried = new Map<string, number>();

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { client } = this.#options;
    const build = await found(client.get(buildKind, refFromKey(key)));
    const name = build?.metadata.labels?.[appLabel];
    const commit = build?.spec.revision?.git?.commit;
    if (
      build === undefined ||
      name === undefined ||
      commit === undefined ||
      build.spec.source?.git === undefined
    )
      return undefined;
    const { namespace } = build.metadata;
    const hooks = (await client.list(webhookKind, { namespace })).items.filter((hook) =>
      isToldBy(hook, name, build),
    );
    if (hooks.length === 0) return undefined;
    const app = await found(client.get(appKind, { namespace, name }));
    if (app === undefined) return undefined;
    const releases = (await client.list(releaseKind, { namespace, labelSelector: `${appLabel}=${name}` }))
      .items;
    const isReleased = app.spec?.imageStreamTag === undefined;
    const status = commitStatusOf(build, releases, isReleased);
    const delays: number[] = [];
    for (const hook of hooks) {
      if (toldBefore(build)[hook.metadata.name ?? ""] === textOf(status)) continue;
      const delay = await this.#tell({ build, app, hook, status });
      if (delay === undefined) await this.#remember(build, hook, status);
      else delays.push(delay);
    }
    return delays.length === 0 ? undefined : { requeueAfterMs: Math.min(...delays) };
  }

  /** How long to wait before it is tried again; undefined when it is told, or never will be. */
  async #tell(telling: Telling): Promise<number | undefined> {
    const { build, hook, status } = telling;
    const key = `${build.metadata.uid} ${hook.metadata.uid} ${status.state}`;
    const problem = await this.#send(telling);
    if (problem === undefined) {
      this.#tried.delete(key);
      return undefined;
    }
    const tries = (this.#tried.get(key) ?? 0) + 1;
    if (problem.isPassing && tries < triesMax) {
      this.#tried.set(key, tries);
      const [oldest] = this.#tried.keys();
      if (this.#tried.size > triedMax && oldest !== undefined) this.#tried.delete(oldest);
      return backoffDelayMs(retry, tries);
    }
    this.#tried.delete(key);
    const commit = build.spec.revision?.git?.commit?.slice(0, 7);
    const text = `Commit ${commit} could not be told its status "${status.state}" by webhook ${hook.metadata.name}: ${problem.text}`;
    this.#options.events.event(telling.app, "Warning", "CommitStatusFailed", text);
    return undefined;
  }

  async #send({ build, app, hook, status }: Telling): Promise<Problem | undefined> {
    const { outside } = this.#options;
    const token = await this.#tokenOf(hook);
    if (token === undefined)
      return {
        isPassing: false,
        text: `Secret ${hook.spec.tokenRef?.name} has no entry ${hook.spec.tokenRef?.key}`,
      };
    const { apiURL, repository, context = `nagi/${app.metadata.name}` } = hook.spec.commitStatus ?? {};
    const gitUrl = build.spec.source?.git?.uri ?? "";
    const targetUrl = app.status?.url;
    const target = { provider: hook.spec.provider, gitUrl, apiUrl: apiURL, repository, context, targetUrl };
    const commit = build.spec.revision?.git?.commit ?? "";
    const request = statusRequest(target, { commit, token }, status);
    if (request === undefined)
      return {
        isPassing: false,
        text: `a ${hook.spec.provider} webhook has no API for it: remove the token`,
      };
    try {
      return problemOf(await askForge(request, await outside()), request.url);
    } catch (error) {
      return { isPassing: true, text: `${new URL(request.url).host} does not answer: ${messageOf(error)}` };
    }
  }

  async #tokenOf({ metadata, spec }: Webhook): Promise<string | undefined> {
    const { name = "", key = "" } = spec.tokenRef ?? {};
    const holder = await found(this.#options.client.get(secretKind, { namespace: metadata.namespace, name }));
    const text = decodeText(holder?.data?.[key]).trim();
    return text === "" ? undefined : text;
  }

  async #remember(build: Build, hook: Webhook, status: CommitStatus): Promise<void> {
    const { client } = this.#options;
    const present = await found(client.get(buildKind, refOf(build)));
    if (present === undefined) return;
    const told = { ...toldBefore(present), [hook.metadata.name ?? ""]: textOf(status) };
    const body = { metadata: { annotations: { [toldAnnotation]: JSON.stringify(told) } } };
    await found(client.patch(buildKind, refOf(build), { type: "merge", body }));
  }
}

/** Builds from before the webhook are not told of. */
function isToldBy({ metadata, spec }: Webhook, app: string, build: Build): boolean {
  const isLater =
    Date.parse(build.metadata.creationTimestamp ?? "") >= Date.parse(metadata.creationTimestamp ?? "");
  return spec.app === app && spec.tokenRef !== undefined && isLater;
}

function textOf({ state, description }: CommitStatus): string {
  return `${state}: ${description}`;
}

function toldBefore({ metadata }: Build): Record<string, string> {
  try {
    return JSON.parse(metadata.annotations?.[toldAnnotation] ?? "{}") as Record<string, string>;
  } catch {
    // Somebody changed it by hand: told once more.
    return {};
  }
}

interface Problem {
  /** Whether it may go well another time. */
  readonly isPassing: boolean;
  readonly text: string;
}

const shownMaxLength = 200;

function problemOf({ status, text }: ForgeAnswer, url: string): Problem | undefined {
  if (status >= 200 && status < 300) return undefined;
  // GitLab complains when it knows the state already.
  if (status === 400 && /cannot transition status/i.test(text)) return undefined;
  const isPassing = status >= 500 || status === 408 || status === 429;
  const said = /"message"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? text.trim().slice(0, shownMaxLength);
  return { isPassing, text: `${url} answers ${status}${said === "" ? "" : ` (${said})`}${hintFor(status)}` };
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) return ": the token must be allowed to write commit statuses";
  return status === 404 ? ": the repository or commit is not there, or the token may not see it" : "";
}

async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  return await asked.catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}
