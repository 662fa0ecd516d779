/** The services that add-ons are made of: what there is, and an operator's own. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { newObject } from "../../model/kind.ts";
import { addon as addonKind } from "../../model/kinds/nagi/addon/addon.ts";
import { builtInAnnotation } from "../../model/kinds/nagi/addonservice/built-in.ts";
import {
  addonService,
  type AddonService,
  type AddonServiceSpec,
} from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import { serviceFile } from "../../model/kinds/nagi/platform/recipe-text.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { objectText } from "../output.ts";
import { followMaking } from "../platforms/follow-platform.ts";
import { readRecipe } from "../platforms/read-recipe.ts";
import { listServices, serviceNamed } from "./find-addon.ts";

export async function services(context: CommandContext, words: readonly string[]): Promise<number | void> {
  const [action = "list", given, ...rest] = words;
  if (rest.length > 0) throw new UsageError(`nagi addons services ${action} takes no ${rest.join(" ")}`);
  switch (action) {
    case "list":
      return await catalogue(context);
    case "add":
      return await add(context, given);
    case "info":
      return await info(context, given);
    case "remove":
      return await remove(context, given);
    default:
      throw new UsageError(
        `nagi addons services has no action ${JSON.stringify(action)}`,
        "The actions: list, add, info, remove",
      );
  }
}

/** Every service with its plans. */
export async function catalogue(context: CommandContext): Promise<void> {
  const found = await listServices(context);
  if (found.length === 0)
    return context.terminal.note("No services yet: they are shown when Nagi has started");
  const rows = found.flatMap(({ metadata, spec }) =>
    planNames(spec).map((plan) => {
      const { memory = "", storage = "", description = "" } = spec.plans[plan] ?? {};
      const size = spec.data === undefined ? "-" : storage;
      return [
        `${metadata.name}:${plan}`,
        memory,
        size,
        plan === spec.defaultPlan ? spec.description : description,
      ];
    }),
  );
  return context.terminal.print(columns([["SERVICE:PLAN", "MEMORY", "VOLUME", "DESCRIPTION"], ...rows]));
}

function planNames({ plans, defaultPlan }: AddonServiceSpec): string[] {
  return [defaultPlan, ...Object.keys(plans).filter((name) => name !== defaultPlan)];
}

async function info(context: CommandContext, given: string | undefined): Promise<void> {
  if (given === undefined)
    throw new UsageError("nagi addons services info needs a service", "See: nagi addons catalogue");
  const found = await serviceNamed(context, given);
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(found, output));
  const { spec, metadata } = found;
  const { actions = {}, aliases = [] } = spec;
  const vars = Object.entries(spec.vars).map(([name, value]) => [`${spec.prefix}_${name}:`, value]);
  context.terminal.print(
    columns([
      ["Service:", `${metadata.name}, ${spec.description}`],
      ["Also called:", aliases.join(", ") || "-"],
      ["Image of:", `platform ${spec.platform}`],
      ["Kept:", spec.data ?? "nothing"],
      ["Plans:", planNames(spec).join(", ")],
      ...vars,
      ["Can:", Object.keys(spec.commands ?? {}).join(", ")],
      ...Object.entries(actions).map(([name, { description }]) => [`  ${name}:`, description]),
    ]),
  );
}

/** A recipe of a platform with a file that says how its server becomes an add-on. */
async function add(context: CommandContext, given: string | undefined): Promise<number> {
  if (given === undefined)
    throw new UsageError(
      "nagi addons services add needs the directory of the recipe",
      `For instance: nagi addons services add ./valkey, with platform.yaml and ${serviceFile}`,
    );
  const directory = resolve(context.host.cwd, given);
  const files = readRecipe(context.host.cwd, given);
  const path = join(directory, serviceFile);
  if (!existsSync(path))
    throw new UsageError(
      `${directory} has no ${serviceFile}, which says how its server becomes an add-on`,
      "Those that come with Nagi are an example: nagi addons services info postgresql -o yaml",
    );
  const spec = parsed(path);
  const name = spec.platform;
  const client = await context.client();
  await refuseTaken(context, name);
  const described = newObject<AddonService>(addonService, { name }, { spec });
  // What is wrong with the description is told before the image is made.
  await client.create(addonService, described, { dryRun: true, fieldValidation: "Strict" });
  const recipe = newObject<Platform>(platformKind, { name }, { spec: { files } });
  const made = await client.create(platformKind, recipe).catch((error: unknown) => {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(
      `there is a platform ${name} already`,
      `Change it: nagi platforms update ${name} ${given}. Or name another in ${serviceFile}: platform`,
    );
  });
  await client.create(addonService, described, { fieldValidation: "Strict" });
  const code = context.flag("no-wait") ? 0 : await followMaking(context, made);
  if (code === 0) context.terminal.print(`Service ${name} can be used: nagi addons create APP ${name}`);
  return code;
}

function parsed(path: string): AddonServiceSpec {
  try {
    const found = parse(readFileSync(path, "utf8")) as unknown;
    if (
      typeof found === "object" &&
      found !== null &&
      typeof (found as AddonServiceSpec).platform === "string"
    )
      return found as AddonServiceSpec;
  } catch (error) {
    throw new UsageError(`${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new UsageError(
    `${path} must say platform: the name of the service and its image`,
    "For instance: platform: valkey",
  );
}

async function refuseTaken(context: CommandContext, name: string): Promise<void> {
  const taken = (await listServices(context)).find(
    ({ metadata, spec }) => metadata.name === name || spec.aliases?.includes(name) === true,
  );
  if (taken !== undefined)
    throw new UsageError(
      `there is a service ${name} already (${taken.metadata.name})`,
      `Name it otherwise in ${serviceFile}, or remove that one: nagi addons services remove ${taken.metadata.name}`,
    );
}

async function remove(context: CommandContext, given: string | undefined): Promise<void> {
  if (given === undefined)
    throw new UsageError("nagi addons services remove needs a service", "See: nagi addons catalogue");
  const found = await serviceNamed(context, given);
  const { name = "", annotations } = found.metadata;
  if (annotations?.[builtInAnnotation] !== undefined)
    throw new UsageError(`service ${name} comes with Nagi and cannot be removed`);
  const client = await context.client();
  const { items } = await client.list(addonKind);
  const users = items.filter(({ spec }) => spec.service === name);
  if (users.length > 0)
    throw new UsageError(
      `service ${name} cannot be removed: of it are the add-ons ${users.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ")}`,
      "Destroy them first: nagi addons destroy NAME --confirm NAME",
    );
  await client.delete(addonService, { name });
  context.terminal.print(
    `Removed service ${name}. Its image stays: nagi platforms remove ${found.spec.platform}`,
  );
}
