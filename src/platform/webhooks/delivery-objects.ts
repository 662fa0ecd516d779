/** Deliveries as objects: what a forge told, with names that make a repetition the same object. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { createHash } from "node:crypto";
import type { HookEvent } from "../../lib/webhooks/event.ts";
import { newObject } from "../../model/kind.ts";
import type { Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import {
  webhookDelivery,
  type WebhookDelivery,
  type WebhookDeliverySpec,
} from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { controllerRef } from "../../model/meta.ts";

export const webhookLabel = "nagi.dev/webhook";
/** On builds: the delivery that they come of. */
export const deliveryAnnotation = "nagi.dev/webhook-delivery";

/** Of each webhook this many are kept. */
export const deliveriesMax = 50;
const messageMaxLength = 1000;

/** `id`: the forge's own; the body's hash stands in for forges that give none. */
export function newDelivery(hook: Webhook, event: HookEvent, id: string): WebhookDelivery {
  const { namespace, name = "" } = hook.metadata;
  const { app } = hook.spec;
  const { kind, event: eventName, changedFiles, message, author, env, ...rest } = event;
  const { ref, commit, before, deleted, sender, repository, defaultBranch } = rest;
  return newObject<WebhookDelivery>(
    webhookDelivery,
    {
      namespace,
      name: `${name}-${createHash("sha256").update(id).digest("hex").slice(0, 10)}`,
      labels: { [webhookLabel]: name, [appLabel]: app },
      ownerReferences: [controllerRef(hook)],
    },
    {
      spec: {
        webhook: name,
        app,
        id,
        kind,
        event: eventName,
        ref,
        commit,
        before,
        deleted,
        message: message?.slice(0, messageMaxLength),
        author,
        sender,
        repository,
        defaultBranch,
        changedFiles: changedFiles === undefined ? undefined : [...changedFiles],
        areFilesKnown: changedFiles !== undefined,
        env: env === undefined ? undefined : env.map((each) => ({ ...each })),
      },
    },
  );
}

export function eventOf(spec: WebhookDeliverySpec): HookEvent {
  const { areFilesKnown, changedFiles = [], env = [] } = spec;
  return {
    ...spec,
    changedFiles: areFilesKnown === true ? changedFiles : undefined,
    env: env.map(({ name, value }) => ({ name, value: value ?? "" })),
  };
}

/** The oldest beyond the limit. */
export function tooOld(deliveries: readonly WebhookDelivery[]): WebhookDelivery[] {
  const decided = deliveries.filter(({ status }) => status?.phase !== undefined);
  const newestFirst = decided.toSorted((a, b) => timeOf(b) - timeOf(a));
  return newestFirst.slice(deliveriesMax);
}

export function timeOf({ metadata }: WebhookDelivery): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}
