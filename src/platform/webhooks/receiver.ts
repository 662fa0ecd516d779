/**
 * `POST /-/hooks/NAMESPACE/APP/ID`: where forges tell of pushes. What must stay true: nothing is looked at before the
 * signature is known to be right, and who has no right one learns nothing but that; the answer does not wait for a
 * build; what is held in memory is bounded, whoever sends.
 */

import { findObject } from "../../client/find-object.ts";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeText } from "../../lib/base64.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { waitFor } from "../../client/wait-for.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { PayloadProblem, type HookRequest } from "../../lib/webhooks/event.ts";
import { providers } from "../../lib/webhooks/providers.ts";
import { secret as secretKind } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import {
  webhookDelivery,
  type WebhookDelivery,
} from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { refOf, type ObjectRef } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { newDelivery } from "./delivery-objects.ts";
import { RateLimit } from "../../lib/rate-limit.ts";

/** No forge sends more: GitHub drops what is larger. */
const bodyMaxBytes = 25 * 1024 ** 2;
/** Of all bodies that are being received. */
const heldMaxBytes = 64 * 1024 ** 2;
const bodyTimeoutMs = 30_000;
/** A delivery is decided in milliseconds; forges wait ten seconds. */
const decisionMaxMs = 5000;
/** Of one webhook, and of all addresses where there is none. */
const hookRate = { burst: 60, perSecond: 1 };
const unknownRate = { burst: 100, perSecond: 10 };

export interface ReceiverOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number | undefined;
}

const tooMany: Answer = { status: 429, body: { message: "too many requests" }, retryAfterSeconds: 60 };

export class HookReceiver implements HttpHandler {
  readonly prefix = "/-/hooks";
  readonly #options: ReceiverOptions;
  readonly #perHook: RateLimit;
  readonly #unknown: RateLimit;
  #heldBytes = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#perHook = new RateLimit({ ...hookRate, clock: options.clock });
    this.#unknown = new RateLimit({ ...unknownRate, clock: options.clock });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, retryAfterSeconds } = await this.#answer(request);
    if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
    if (status >= 400) response.setHeader("connection", "close");
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    // What is left of a refused body is not waited for.
    if (!request.complete) response.once("finish", () => request.destroy());
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname } = new URL(request.url ?? "/", "http://hooks");
    const match = /^\/-\/hooks\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})\/([a-z0-9]{1,63})\/?$/.exec(pathname);
    if (match === null) return { status: 404, body: { message: "there is no webhook here" } };
    if (request.method !== "POST") return { status: 405, body: { message: "use POST" } };
    const [, namespace = "", app = "", id = ""] = match;
    const hook = await this.#findHook(namespace, app, id);
    if (hook === undefined)
      return this.#unknown.take("")
        ? { status: 404, body: { message: "there is no webhook here" } }
        : tooMany;
    if (!this.#perHook.take(`${namespace}/${app}/${id}`)) return tooMany;
    const body = await this.#readBody(request);
    if (!(body instanceof Uint8Array)) return body;
    try {
      return await this.#receive(hook, { headers: request.headers, body });
    } finally {
      this.#heldBytes -= body.length;
    }
  }

  async #findHook(namespace: string, app: string, id: string): Promise<Webhook | undefined> {
    const hook = await findObject(this.#options.client, webhookKind, { namespace, name: `${app}-${id}` });
    return hook?.spec.app === app ? hook : undefined;
  }

  async #receive(hook: Webhook, request: HookRequest): Promise<Answer> {
    const provider = providers[hook.spec.provider];
    const secret = await this.#secretOf(hook);
    if (secret === undefined || !provider.isGenuine(request, secret)) {
      await this.#tellRefused(hook, secret === undefined);
      return { status: 401, body: { message: "the request is not signed with this webhook's secret" } };
    }
    try {
      const event = provider.read(request);
      // A forge that names no delivery may send the same twice and mean it.
      const unnamed = `${createHash("sha256").update(request.body).digest("hex")}-${this.#options.clock.now()}`;
      return await this.#record(newDelivery(hook, event, event.id ?? unnamed));
    } catch (error) {
      if (error instanceof PayloadProblem) return { status: 400, body: { message: error.message } };
      if (isStatus(error, "Invalid")) return { status: 422, body: { message: error.message } };
      throw error;
    }
  }

  async #secretOf({ metadata, spec }: Webhook): Promise<string | undefined> {
    const { name = "", key } = spec.secretRef;
    try {
      const { data = {} } = await this.#options.client.get(secretKind, {
        namespace: metadata.namespace,
        name,
      });
      const text = decodeText(data[key]).trim();
      return text === "" ? undefined : text;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The owner finds out; who sent it does not. */
  async #tellRefused({ metadata, spec }: Webhook, isMissing: boolean): Promise<void> {
    const { client, events } = this.#options;
    const app = await findObject(client, appKind, { namespace: metadata.namespace, name: spec.app });
    if (app === undefined) return;
    const why = isMissing
      ? `Secret ${spec.secretRef.name} has no entry ${spec.secretRef.key}`
      : "it was not signed with its secret: compare the secret at the forge";
    events.event(
      app,
      "Warning",
      "WebhookRefused",
      `A request to webhook ${metadata.name} was refused: ${why}`,
    );
  }

  async #record(fresh: WebhookDelivery): Promise<Answer> {
    const { client, clock } = this.#options;
    const ref = refOf(fresh);
    const isRepeated = await client.create(webhookDelivery, fresh).then(
      () => false,
      (error: unknown) => {
        if (isStatus(error, "AlreadyExists")) return true;
        throw error;
      },
    );
    if (isRepeated) await this.#tryFailedAgain(ref);
    const until = (found: WebhookDelivery | undefined): boolean =>
      found === undefined || found.status?.phase !== undefined;
    const decided = await waitFor(
      client,
      { kind: webhookDelivery, ref, until },
      { clock, timeoutMs: decisionMaxMs },
    ).catch((error: unknown) => {
      if (isStatus(error, "Timeout")) return undefined;
      throw error;
    });
    const { phase = "Pending", reason, message, build } = decided?.status ?? {};
    const body = {
      delivery: ref.name,
      result: phase,
      reason,
      message,
      build,
      repeated: isRepeated || undefined,
    };
    return { status: phase === "Pending" ? 202 : 200, body };
  }

  /** Who sends it again may have mended what was wrong. */
  async #tryFailedAgain(ref: ObjectRef): Promise<void> {
    const { client } = this.#options;
    try {
      const before = await client.get(webhookDelivery, ref);
      if (before.status?.phase !== "Failed") return;
      const body = { status: { phase: null } };
      await client.patch(webhookDelivery, ref, { type: "merge", body }, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #readBody(request: IncomingMessage): Promise<Uint8Array | Answer> {
    const tooLarge: Answer = {
      status: 413,
      body: { message: `the body is larger than ${bodyMaxBytes} bytes` },
    };
    if (Number(request.headers["content-length"] ?? 0) > bodyMaxBytes) return tooLarge;
    const chunks: Buffer[] = [];
    let size = 0;
    const cut = this.#options.clock.after(bodyTimeoutMs, () => request.destroy());
    const giveUp = (answer: Answer): Answer => {
      this.#heldBytes -= size;
      return answer;
    };
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        this.#heldBytes += chunk.length;
        if (size > bodyMaxBytes) return giveUp(tooLarge);
        if (this.#heldBytes > heldMaxBytes) return giveUp({ ...tooMany, status: 503 });
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } catch {
      return giveUp({ status: 400, body: { message: "the body did not arrive" } });
    } finally {
      cut.cancel();
    }
  }
}
