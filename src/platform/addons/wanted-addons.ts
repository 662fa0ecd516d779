/**
 * Makes the add-ons that an app's app.json asks for, before its first release. What cannot be made is told and passed over:
 * an app that finds nothing says so itself, and may have config vars of its own.
 */

import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Reconciled } from "../../client/controller.ts";
import { messageOf } from "../../lib/errors.ts";
import { newObject } from "../../model/kind.ts";
import { addon as addonKind, checkPrefix, type Addon } from "../../model/kinds/nagi/addon/addon.ts";
import {
  addonNameFor,
  addonVarNames,
  findService,
  parsePlanName,
} from "../../model/kinds/nagi/addon/addon-vars.ts";
import { addonService, type AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import {
  addonsMadeAnnotation,
  isWaitingForAddons,
  wantedAddonsText,
} from "../../model/kinds/nagi/app/wanted-addons.ts";
import { refFromKey, refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import { findApp, readAppConfig } from "./app-configs.ts";

const waitMs = 500;
/** Of an app's add-ons of one service. */
const namesMax = 20;

export interface WantedAddonsOptions {
  readonly client: Client;
  readonly events: EventRecorder;
}

type Wish = NonNullable<NonNullable<App["spec"]>["addons"]>[number];

/** An add-on that a wish stands for, or why there is none. */
export type WishPlan =
  | { readonly service: string; readonly plan: string; readonly as: string; readonly notice?: string }
  | { readonly problem: string };

/** Pure. Plans of other platforms are no reason to refuse: the service's usual one is taken. */
export function planWish({ plan: text, as: given }: Wish, services: readonly AddonService[]): WishPlan {
  const { service: name, plan } = parsePlanName(text);
  const service = findService(services, name);
  if (service === undefined)
    return { problem: `app.json: there is no add-on service ${name}: set its config vars yourself` };
  const as = given ?? service.spec.prefix;
  const wrong = checkPrefix(as);
  if (wrong !== undefined) return { problem: `app.json: the add-on ${text} is to be ${as}, which ${wrong}` };
  const own = service.metadata.name ?? "";
  const { plans, defaultPlan } = service.spec;
  if (plan === undefined || Object.hasOwn(plans, plan))
    return { service: own, plan: plan ?? defaultPlan, as };
  return {
    service: own,
    plan: defaultPlan,
    as,
    notice: `app.json: ${own} has no plan ${plan}: it is ${defaultPlan}`,
  };
}

export async function makeWantedAddons(
  key: string,
  options: WantedAddonsOptions,
): Promise<Reconciled | undefined> {
  const { client, events } = options;
  const { namespace, name } = refFromKey(key);
  const app = await findApp(client, namespace, name);
  if (app === undefined || !isWaitingForAddons(app)) return undefined;
  const services = (await client.list(addonService)).items;
  const config = await readAppConfig(client, namespace, name);
  if (services.length === 0 || config === undefined) return { requeueAfterMs: waitMs };
  let isWaiting = false;
  for (const wish of app.spec?.addons ?? []) {
    const plan = planWish(wish, services);
    if ("problem" in plan) {
      events.event(app, "Warning", "AddonNotMade", plan.problem);
      continue;
    }
    if (plan.notice !== undefined) events.event(app, "Normal", "AddonPlan", plan.notice);
    const service = findService(services, plan.service);
    const present = Object.keys(config.values);
    if (service === undefined || addonVarNames(service, plan.as).every((each) => present.includes(each)))
      continue;
    if (!(await isSettled(app, plan, options))) isWaiting = true;
  }
  if (isWaiting) return { requeueAfterMs: waitMs };
  const annotations = { [addonsMadeAnnotation]: wantedAddonsText(app) };
  await client.patch(appKind, refOf(app), { type: "merge", body: { metadata: { annotations } } });
  return undefined;
}

async function isSettled(
  app: App,
  { service, plan, as }: Exclude<WishPlan, { problem: string }>,
  { client, events }: WantedAddonsOptions,
): Promise<boolean> {
  const { namespace, name: appName = "" } = app.metadata;
  const { items } = await client.list(addonKind, { namespace });
  const found = items.find(({ spec }) =>
    spec.attachments?.some((each) => each.app === appName && each.as === as),
  );
  if (found === undefined) {
    const refusal = await make(client, { app, service, plan, as });
    if (refusal === undefined) return false;
    events.event(app, "Warning", "AddonNotMade", `app.json: ${service}: ${refusal}`);
    return true;
  }
  const { phase, message, attachments = [] } = found.status ?? {};
  const attachment = attachments.find((each) => each.app === appName && each.as === as);
  if (attachment?.phase === "Attached") return true;
  const problem =
    attachment?.phase === "Conflict" ? attachment.message : phase === "Failed" ? message : undefined;
  if (problem === undefined) return false;
  events.event(app, "Warning", "AddonNotMade", `app.json: ${found.metadata.name}: ${problem}`);
  return true;
}

/** What is wrong with it for good, when something is. */
async function make(
  client: Client,
  wanted: { readonly app: App; readonly service: string; readonly plan: string; readonly as: string },
): Promise<string | undefined> {
  const { app, service, plan, as } = wanted;
  const { namespace, name: appName = "" } = app.metadata;
  const attachments = [{ app: appName, as }];
  const numbered = Array.from({ length: namesMax - 1 }, (_, index) => `${service}-${index + 2}`);
  for (const what of [service, as.toLowerCase().replaceAll("_", "-"), ...numbered]) {
    const name = addonNameFor(appName, what);
    const object = newObject<Addon>(addonKind, { namespace, name }, { spec: { service, plan, attachments } });
    try {
      await client.create(addonKind, object);
      return undefined;
    } catch (error) {
      if (isStatus(error, "Invalid")) return messageOf(error);
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
  return `its names are all taken, up to ${addonNameFor(appName, `${service}-${namesMax}`)}`;
}
