/** Which add-on and which service a command means. */

import { addon as addonKind, type Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { findService } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { addonService, type AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { isNotFound } from "../../model/status.ts";
import { knownAppName } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { pause, pollMs } from "../wait.ts";

const showTriesMax = 50;

export async function getAddon(context: CommandContext, name: string | undefined): Promise<Addon> {
  if (name === undefined)
    throw new UsageError("the name of an add-on is missing", "Those there are: nagi addons");
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await client.get(addonKind, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no add-on ${name} in namespace ${namespace}`,
      "Those there are: nagi addons",
    );
  }
}

export async function listServices(context: CommandContext): Promise<AddonService[]> {
  return (await (await context.client()).list(addonService)).items;
}

/** Those that come with Nagi are shown a moment after its start. */
async function shownServices(context: CommandContext): Promise<AddonService[]> {
  for (let tries = 0; ; tries += 1) {
    const services = await listServices(context);
    if (services.length > 0 || tries >= showTriesMax) return services;
    await pause(pollMs, context.signal);
  }
}

export async function serviceNamed(context: CommandContext, name: string): Promise<AddonService> {
  const services = await shownServices(context);
  const found = findService(services, name);
  if (found !== undefined) return found;
  const names = services.map(({ metadata }) => metadata.name).join(", ");
  throw new UsageError(
    `there is no service ${name}: there are ${names === "" ? "none yet" : names}`,
    "What they are: nagi addons catalogue. Another one: nagi addons services add DIR",
  );
}

export async function serviceOf(context: CommandContext, { spec }: Addon): Promise<AddonService> {
  return await serviceNamed(context, spec.service);
}

/** The one named, else the one of the app of that service. */
export async function addonOfService(
  context: CommandContext,
  service: string,
  name: string | undefined,
): Promise<Addon> {
  if (name !== undefined) {
    const named = await getAddon(context, name);
    if (named.spec.service === service) return named;
    throw new UsageError(
      `add-on ${name} is of service ${named.spec.service}, not ${service}`,
      `Commands of any service: nagi addons shell ${name}, nagi addons dump ${name}`,
    );
  }
  const client = await context.client();
  const app = await knownAppName(context);
  const { items } = await client.list(addonKind, { namespace: await context.namespace() });
  const found = items.filter(
    ({ spec }) =>
      spec.service === service &&
      (app === undefined || spec.attachments?.some((each) => each.app === app) === true),
  );
  const [only] = found;
  const whose = app === undefined ? "" : ` attached to ${app}`;
  if (only === undefined)
    throw new UsageError(
      `there is no ${service} add-on${whose}`,
      `Make one: nagi addons create ${app ?? "APP"} ${service}`,
    );
  if (found.length === 1) return only;
  const names = found.map(({ metadata }) => metadata.name).join(", ");
  throw new UsageError(
    `there are ${found.length} ${service} add-ons${whose}: ${names}`,
    "Say which: --addon NAME",
  );
}
