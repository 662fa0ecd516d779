/** Makes an add-on and waits until it serves and the app has it. */

import { newObject } from "../../model/kind.ts";
import { addon as addonKind, checkPrefix, type Addon } from "../../model/kinds/nagi/addon/addon.ts";
import {
  addonNameFor,
  addonVarNames,
  freePrefix,
  parsePlanName,
} from "../../model/kinds/nagi/addon/addon-vars.ts";
import type { AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { readConfig, type AppConfig } from "../config/config-vars.ts";
import { followAttachment, followReady } from "./follow-addon.ts";
import { serviceNamed } from "./find-addon.ts";

/** `create APP SERVICE[:PLAN]`, or `create SERVICE[:PLAN]` for the app of --app or the git remote. */
export async function createAddon(context: CommandContext, words: readonly string[]): Promise<number> {
  const [first, second, ...rest] = words;
  if (first === undefined || rest.length > 0)
    throw new UsageError(
      "nagi addons create needs an app and a service",
      "For instance: nagi addons create shop postgresql. The services: nagi addons catalogue",
    );
  const planName = parsePlanName(second ?? first);
  const service = await serviceNamed(context, planName.service);
  const plan = planName.plan ?? service.spec.defaultPlan;
  if (!Object.hasOwn(service.spec.plans, plan))
    throw new UsageError(
      `service ${service.metadata.name} has no plan ${JSON.stringify(plan)}: it has ${Object.keys(service.spec.plans).join(", ")}`,
      "What they have: nagi addons catalogue",
    );
  if (context.flag("unattached") && second === undefined) return await createAlone(context, service, plan);
  const config = await readConfig(context, second === undefined ? undefined : first);
  const as = choosePrefix(context, service, config);
  const app = config.found.metadata.name ?? "";
  const made = await create(context, service, { plan, app, as });
  const code = await followReady(context, made);
  return code === 0 ? await followAttachment(context, made, config.found, { app, as }) : code;
}

async function createAlone(context: CommandContext, service: AddonService, plan: string): Promise<number> {
  const name = context.text("name");
  if (name === undefined)
    throw new UsageError("an add-on of no app needs a name", "For instance: --unattached --name shared-db");
  return await followReady(context, await create(context, service, { plan }));
}

/** What the names of the config vars begin with: the one given, or one that is free. */
export function choosePrefix(
  context: CommandContext,
  service: AddonService,
  { found, values }: AppConfig,
): string {
  const given = context.text("as");
  const app = found.metadata.name ?? "";
  if (given === undefined) {
    const free = freePrefix(service, Object.keys(values));
    if (free !== undefined) return free;
    throw new UsageError(`app ${app} has all the usual config vars already`, "Name another: --as NAME");
  }
  const problem = checkPrefix(given);
  if (problem !== undefined) throw new UsageError(`--as ${JSON.stringify(given)} ${problem}`);
  const taken = addonVarNames(service, given).filter((name) => Object.hasOwn(values, name));
  if (taken.length === 0) return given;
  throw new UsageError(
    `app ${app} has ${taken.join(", ")} already`,
    `Take another name with --as, or unset it first: nagi config unset ${taken.join(" ")} --app ${app}`,
  );
}

async function create(
  context: CommandContext,
  service: AddonService,
  { plan, app, as }: { readonly plan: string; readonly app?: string; readonly as?: string },
): Promise<Addon> {
  const client = await context.client();
  const namespace = await context.namespace();
  const kind = service.metadata.name ?? "";
  const name = context.text("name") ?? (await freeName(context, app ?? "", kind));
  const attachments = app === undefined || as === undefined ? [] : [{ app, as }];
  const object = newObject<Addon>(
    addonKind,
    { namespace, name },
    { spec: { service: kind, plan, attachments } },
  );
  try {
    return await client.create(addonKind, object);
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(
      `there is an add-on ${name} already`,
      `Name another: --name NAME. Or let the app use it: nagi addons attach ${name} --app ${app ?? "APP"}`,
    );
  }
}

async function freeName(context: CommandContext, app: string, service: string): Promise<string> {
  const client = await context.client();
  const namespace = await context.namespace();
  for (let number = 1; ; number += 1) {
    const name = addonNameFor(app, number === 1 ? service : `${service}-${number}`);
    try {
      await client.get(addonKind, { namespace, name });
    } catch (error) {
      if (isNotFound(error)) return name;
      throw error;
    }
  }
}
