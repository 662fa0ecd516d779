/**
 * Decides what comes of deliveries. They are objects: what was told before the platform died is decided after it, and
 * a replay is one more object. What must stay true: one delivery makes one build at most; all of an app are decided one
 * after the other.
 */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import { runController } from "../../client/controller.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { startGitBuild } from "../../client/git-build.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { webhook as webhookKind } from "../../model/kinds/nagi/webhook/webhook.ts";
import {
  webhookDelivery,
  type WebhookDelivery,
  type WebhookDeliveryStatus,
} from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { keyOf, refFromKey, refOf, type ObjectRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { decide, type Decision } from "./decide.ts";
import { deliveryAnnotation, eventOf, tooOld, webhookLabel } from "./delivery-objects.ts";

export interface DeliveryControllerOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function runDeliveries(options: DeliveryControllerOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log } = options;
  await runController(
    {
      name: "webhook-deliveries",
      client,
      watches: [{ kind: webhookDelivery, keysOf: (object) => [keyOf(refOf(object))] }],
      reconcile: (key) => reconcile(key, options),
      // One: of two deliveries at once the second must see the build of the first.
      workers: 1,
      clock,
      log,
    },
    signal,
  );
}

async function reconcile(key: string, options: DeliveryControllerOptions): Promise<void> {
  const { client } = options;
  const delivery = await findObject(client, webhookDelivery, refFromKey(key));
  if (delivery === undefined || delivery.status?.phase !== undefined) return;
  const status = await settle(delivery, options);
  const decidedAt = new Date(options.clock.now()).toISOString();
  const body = { status: JSON.parse(JSON.stringify({ ...status, decidedAt })) };
  await client
    .patch(webhookDelivery, refOf(delivery), { type: "merge", body }, { subresource: "status" })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  await prune(delivery, client);
}

async function settle(
  delivery: WebhookDelivery,
  options: DeliveryControllerOptions,
): Promise<WebhookDeliveryStatus> {
  const { client, events } = options;
  const { namespace } = delivery.metadata;
  const { app: name, webhook } = delivery.spec;
  const hook = await findObject(client, webhookKind, { namespace, name: webhook });
  const app = await findObject(client, appKind, { namespace, name });
  if (hook === undefined || app === undefined) {
    const message = `There is no ${hook === undefined ? `webhook ${webhook}` : `app ${name}`} any more.`;
    return { phase: "Failed", reason: "Gone", message };
  }
  const labelSelector = `${appLabel}=${name}`;
  const builds = (await client.list(buildKind, { namespace, labelSelector })).items;
  const made = builds.find(
    ({ metadata }) => metadata.annotations?.[deliveryAnnotation] === delivery.metadata.name,
  );
  // Made before the platform died, which then could not say so.
  if (made !== undefined) return builtStatus(made);
  const deliveries = (await client.list(webhookDelivery, { namespace, labelSelector })).items;
  const decision = decide({ delivery, hook, app, builds, deliveries });
  if (decision.phase === "Built") return await start({ delivery, app, decision }, options);
  if (decision.phase === "Failed") events.event(app, "Warning", decision.reason, decision.message);
  return { phase: decision.phase, reason: decision.reason, message: decision.message };
}

interface Starting {
  readonly delivery: WebhookDelivery;
  readonly app: App;
  readonly decision: Extract<Decision, { phase: "Built" }>;
}

async function start(
  { delivery, app, decision }: Starting,
  { client, events }: DeliveryControllerOptions,
): Promise<WebhookDeliveryStatus> {
  const { ref, commit, supersedes } = decision;
  const { sender, env = [] } = eventOf(delivery.spec);
  const made = await startGitBuild(client, app, {
    cause: causeOf(delivery),
    by: sender,
    ref,
    commit,
    env,
    annotations: { [deliveryAnnotation]: delivery.metadata.name ?? "" },
  });
  if (made === undefined)
    return { phase: "Failed", reason: "NoGitSource", message: "The app has no git source." };
  for (const name of supersedes) {
    const older = { namespace: app.metadata.namespace, name };
    await cancel(client, older);
    const text = `Build ${name} was not begun and is cancelled: ${made.metadata.name} builds what was pushed after it`;
    events.event(app, "Normal", "BuildSuperseded", text);
  }
  return builtStatus(made);
}

function causeOf({ spec }: WebhookDelivery): string {
  const what = spec.ref?.replace(/^refs\/(heads|tags)\//, "") ?? "the default branch";
  const who = spec.sender === undefined ? "" : ` by ${spec.sender}`;
  const again = spec.replayOf === undefined ? "" : ", replayed";
  return `Webhook ${spec.webhook}: ${spec.event} of ${what}${who}${again}`;
}

function builtStatus({ metadata }: Build): WebhookDeliveryStatus {
  return {
    phase: "Built",
    reason: "Wanted",
    message: `Build ${metadata.name} was started.`,
    build: metadata.name,
  };
}

async function cancel(client: Client, ref: ObjectRef): Promise<void> {
  const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
  await client.patch(buildKind, ref, patch, { subresource: "status" }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

async function prune({ metadata, spec }: WebhookDelivery, client: Client): Promise<void> {
  const { namespace } = metadata;
  const labelSelector = `${webhookLabel}=${spec.webhook}`;
  const { items } = await client.list(webhookDelivery, { namespace, labelSelector });
  for (const old of tooOld(items)) {
    await client.delete(webhookDelivery, refOf(old)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
