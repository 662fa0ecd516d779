/**
 * Webhook triggers of build configurations, where OpenShift has them and `oc` says that they are:
 * `POST .../buildconfigs/NAME/webhooks/SECRET/github|gitlab|bitbucket|generic`. The secret in the path is all that the
 * sender shows. What must stay true: without the right one nothing is read or told, not even whether the configuration
 * is there; wrong ones can be tried slowly only.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeText } from "../../../lib/base64.ts";
import type { Client } from "../../../client/client.ts";
import { startBuild, type StartBuild } from "../../../client/start-build.ts";
import type { Clock } from "../../../lib/clock.ts";
import { RateLimit } from "../../../lib/rate-limit.ts";
import { PayloadProblem, type HookEvent } from "../../../lib/webhooks/event.ts";
import { providers } from "../../../lib/webhooks/providers.ts";
import { header, isSameText } from "../../../lib/webhooks/request.ts";
import { judgeEvent } from "../../../lib/webhooks/wanted.ts";
import { webHookTypes } from "../../../model/kinds/build/build-trigger.ts";
import { buildConfig, type BuildConfig } from "../../../model/kinds/build/buildconfig/buildconfig.ts";
import { secret as secretKind } from "../../../model/kinds/core/secret/secret.ts";
import { isNotFound, StatusError } from "../../../model/status.ts";
import { badRequest, methodNotAllowed, tooManyRequests } from "../api-errors.ts";
import { readBody } from "./body.ts";
import { addWarning, sendJson } from "./respond.ts";

/** No forge sends more. */
const bodyMaxBytes = 25 * 1024 ** 2;
const secretKey = "WebHookSecretKey";
/** Of one configuration. */
const rate = { burst: 60, perSecond: 1 };

type HookType = (typeof webHookTypes)[keyof typeof webHookTypes];
type Trigger = NonNullable<BuildConfig["spec"]["triggers"]>[number];
type HookTrigger = NonNullable<Trigger[HookType]>;

export interface WebhookPath {
  readonly namespace: string;
  readonly name: string;
  readonly secret: string;
  readonly type: string;
}

const pattern =
  /^\/apis\/build\.openshift\.io\/v1\/namespaces\/([^/]+)\/buildconfigs\/([^/]+)\/webhooks\/([^/]+)\/([a-z]+)$/;

/** Undefined for what is no such path. */
export function parseWebhookPath(path: string): WebhookPath | undefined {
  const match = pattern.exec(path);
  if (match === null) return undefined;
  try {
    const [namespace = "", name = "", secret = "", type = ""] = match.slice(1).map(decodeURIComponent);
    return { namespace, name, secret, type };
  } catch {
    // Nothing that could be right.
    return undefined;
  }
}

export class BuildWebhooks {
  readonly #client: Client;
  readonly #rate: RateLimit;

  /** The client may read every configuration and Secret, and start builds. */
  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#rate = new RateLimit({ ...rate, clock });
  }

  async handle(path: WebhookPath, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") throw methodNotAllowed();
    const { namespace, name, type } = path;
    if (!this.#rate.take(`${namespace}/${name}`)) throw tooManyRequests("too many requests to this webhook");
    const { config, trigger } = await this.#open(path);
    const body = await readBody(request, bodyMaxBytes);
    const { headers } = request;
    refuseWrongEvent(type, request);
    const event = understand(() => providers[type as HookType].read({ headers, body }));
    const ref = config.spec.source?.git?.ref?.replace(/^refs\/(heads|tags)\//, "");
    const verdict = judgeEvent(event, {}, ref);
    if (!verdict.wanted) {
      // OpenShift answers nothing; who looks at the forge sees why.
      return sendJson(response, 200, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        ...told(verdict),
      });
    }
    if ((event.env ?? []).length > 0 && trigger.allowEnv !== true)
      addWarning(response, "the trigger does not allow environment variables: set allowEnv");
    const env = trigger.allowEnv === true ? event.env?.map((each) => ({ ...each })) : undefined;
    const asked: StartBuild = { ...causeOf(type as HookType, path.secret, event), env };
    sendJson(response, 200, await startBuild(this.#client, { namespace, name }, asked));
  }

  /** One refusal for all that may be wrong. */
  async #open({
    namespace,
    name,
    secret,
    type,
  }: WebhookPath): Promise<{ config: BuildConfig; trigger: HookTrigger }> {
    const refusal = new StatusError(
      "Unauthorized",
      `the webhook ${JSON.stringify(type)} for ${JSON.stringify(name)} did not accept your secret`,
    );
    const config = await this.#client.get(buildConfig, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw refusal;
    });
    for (const each of config.spec.triggers ?? []) {
      if (webHookTypes[each.type as keyof typeof webHookTypes] !== type) continue;
      const trigger = each[type as HookType];
      if (trigger !== undefined && isSameText(secret, await this.#secretOf(namespace, trigger)))
        return { config, trigger };
    }
    throw refusal;
  }

  /** Empty, which none is, where there is none. */
  async #secretOf(namespace: string, { secret, secretReference }: HookTrigger): Promise<string> {
    if (secretReference === undefined) return secret ?? "";
    const found = await this.#client
      .get(secretKind, { namespace, name: secretReference.name })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        return undefined;
      });
    return decodeText(found?.data?.[secretKey]).trim();
  }
}

function told({ reason, message }: { readonly reason: string; readonly message: string }) {
  return { reason, message, code: 200 };
}

const eventHeaders: Readonly<Record<string, string>> = {
  github: "x-github-event",
  gitlab: "x-gitlab-event",
  bitbucket: "x-event-key",
};

/** As OpenShift does: what is sent to the wrong trigger is found out at once. */
function refuseWrongEvent(type: string, { headers }: IncomingMessage): void {
  const name = eventHeaders[type];
  // Gitea sends GitHub's header, too.
  if (name !== undefined && header(headers, name) === undefined)
    throw badRequest(
      `the header ${name} is missing: a webhook of type ${type} is told of by that forge only`,
    );
}

function understand(read: () => HookEvent): HookEvent {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    throw badRequest(`cannot read what the forge sent: ${error.message}`);
  }
}

const words: Readonly<Record<HookType, string>> = {
  github: "GitHub WebHook",
  gitlab: "GitLab WebHook",
  bitbucket: "Bitbucket WebHook",
  generic: "Generic WebHook",
};
const shownOfSecret = 2;
const subjectMaxLength = 200;

function causeOf(
  type: HookType,
  secret: string,
  event: HookEvent,
): Pick<StartBuild, "cause" | "causes" | "revision"> {
  const { commit, author, message } = event;
  const subject = message?.split("\n")[0]?.slice(0, subjectMaxLength);
  const revision =
    commit === undefined ? undefined : { type: "Git", git: { commit, author, message: subject } };
  const hook = { revision, secret: `${secret.slice(0, shownOfSecret)}***` };
  return { cause: words[type], causes: [{ message: words[type], [`${type}WebHook`]: hook }], revision };
}
