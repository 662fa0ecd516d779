import { listStandingApps, standsOn } from "../../client/standing-apps.ts";
import { newObject } from "../../model/kind.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";
import { objectText } from "../output.ts";
import { followMaking, followRebuild } from "../platforms/follow-platform.ts";
import { platformInfo } from "../platforms/platform-info.ts";
import { readRecipe } from "../platforms/read-recipe.ts";

export const command: Command = {
  name: "platforms",
  group: "Platform",
  summary: "List, add, change and rebuild the base images that apps are built on.",
  usage: "[list | info NAME | add NAME DIR | update NAME [DIR] | remove NAME | rebuild NAME]",
  description:
    "DIR is a recipe: a directory with platform.yaml, and a Containerfile where Debian's packages are not enough. Each\n" +
    "change makes a new version; apps take the newest at their next build, or the one that they name: nagi source\n" +
    "--platform python:v2. rebuild makes the platform anew from its recipe, for instance for the security updates of\n" +
    "Debian, and then builds and deploys the apps that stand on it, one by one; it stops at the first that fails, and\n" +
    "--continue goes on there. update without DIR goes back to the recipe that comes with Nagi.",
  subcommands: ["list", "info", "add", "update", "remove", "rebuild"],
  options: [
    ...listOptions,
    { name: "continue", type: "boolean", description: "With rebuild: go on after a failure." },
    { name: "disable", type: "boolean", description: "With update: builds may not use it any more." },
    { name: "enable", type: "boolean", description: "With update: builds may use it again." },
    { name: "no-wait", type: "boolean", description: "Do not wait until it is made." },
  ],
  examples: [
    "nagi platforms",
    "nagi platforms add python-images ./recipe",
    "nagi platforms info python",
    "nagi platforms rebuild base",
    "nagi platforms rebuild base --continue",
  ],
  async run(context) {
    const [action = "list", name, ...rest] = context.args;
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act === undefined)
      throw new UsageError(
        `nagi platforms has no action ${JSON.stringify(action)}`,
        `The actions: ${Object.keys(actions).join(", ")}`,
      );
    if (action !== "list" && name === undefined)
      throw new UsageError(`nagi platforms ${action} needs the name of a platform`, "See: nagi platforms");
    if (rest.length > 1 || (rest.length === 1 && action !== "add" && action !== "update"))
      throw new UsageError(`nagi platforms ${action} takes no ${JSON.stringify(rest.at(-1))}`);
    return await act(context, name ?? "", rest[0]);
  },
};

type Action = (context: CommandContext, name: string, directory?: string) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = { list, info, add, update, remove, rebuild };

async function list(context: CommandContext): Promise<void> {
  await listObjects(context, platformKind, {
    empty: "No platforms yet; they are made at the first start: nagi status",
  });
}

async function get(context: CommandContext, name: string): Promise<Platform> {
  const client = await context.client();
  try {
    return await client.get(platformKind, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no platform ${name}`,
      `Those there are: nagi platforms. Make it: nagi platforms add ${name} DIR`,
    );
  }
}

async function change(context: CommandContext, name: string, spec: JsonValue): Promise<Platform> {
  const client = await context.client();
  return await client.patch(platformKind, { name }, { type: "merge", body: { spec } });
}

async function info(context: CommandContext, name: string): Promise<void> {
  const found = await get(context, name);
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(found, output));
  const client = await context.client();
  const { items } = await client.list(platformKind);
  context.terminal.print(platformInfo(found, items, await listStandingApps(client)));
}

async function add(context: CommandContext, name: string, directory?: string): Promise<number> {
  if (directory === undefined)
    throw new UsageError(
      "nagi platforms add needs the directory of the recipe",
      `For instance: nagi platforms add ${name} ./recipe`,
    );
  const files = readRecipe(context.host.cwd, directory);
  const client = await context.client();
  try {
    const fresh = newObject<Platform>(platformKind, { name }, { spec: { files } });
    return await made(context, await client.create(platformKind, fresh));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(
      `there is a platform ${name} already`,
      `Change it: nagi platforms update ${name} ${directory}`,
    );
  }
}

async function made(context: CommandContext, changed: Platform): Promise<number> {
  if (changed.spec?.disabled === true) {
    context.terminal.print(`Platform ${changed.metadata.name} is disabled: it is made when it is enabled`);
    return 0;
  }
  if (!context.flag("no-wait")) return await followMaking(context, changed);
  context.terminal.print(
    `Platform ${changed.metadata.name} is being made: nagi platforms info ${changed.metadata.name}`,
  );
  return 0;
}

async function update(context: CommandContext, name: string, directory?: string): Promise<number> {
  const found = await get(context, name);
  if (context.flag("disable") || context.flag("enable")) {
    const disabled = context.flag("disable");
    if (disabled && context.flag("enable")) throw new UsageError("--disable and --enable exclude each other");
    if (directory !== undefined) throw new UsageError("--disable and --enable take no directory");
    await change(context, name, { disabled: disabled ? true : null });
    context.terminal.print(`Platform ${name} is ${disabled ? "disabled" : "enabled"}`);
    return 0;
  }
  if (directory === undefined && found.status?.builtIn !== true)
    throw new UsageError(
      `platform ${name} does not come with Nagi: name the directory of its recipe`,
      `For instance: nagi platforms update ${name} ./recipe. To make it anew as it is: nagi platforms rebuild ${name}`,
    );
  const files = directory === undefined ? null : readRecipe(context.host.cwd, directory);
  const checkedAt = new Date().toISOString();
  const spec = JSON.parse(JSON.stringify({ files, checkedAt })) as JsonValue;
  // What it was before says whether a new version comes of it.
  const changed = { ...(await change(context, name, spec)), status: found.status };
  return await made(context, changed);
}

async function remove(context: CommandContext, name: string): Promise<void> {
  const found = await get(context, name);
  const client = await context.client();
  if (found.status?.builtIn === true)
    throw new UsageError(
      `platform ${name} comes with Nagi and cannot be removed`,
      `Back to its own recipe: nagi platforms update ${name}. So that builds do not use it: nagi platforms update ${name} --disable`,
    );
  const apps = (await listStandingApps(client)).filter((each) => standsOn(each, name));
  const above = (await client.list(platformKind)).items.filter(({ status }) => status?.from === name);
  const users = [
    ...apps.map(({ app: { metadata } }) => `app ${metadata.namespace}/${metadata.name}`),
    ...above.map(({ metadata }) => `platform ${metadata.name}`),
  ];
  if (users.length > 0)
    throw new UsageError(
      `platform ${name} cannot be removed: on it stand ${users.join(", ")}`,
      "Build them on another one first: nagi source --app NAME --platform OTHER, then git push or nagi builds retry",
    );
  await client.delete(platformKind, { name });
  context.terminal.print(`Removed platform ${name}`);
}

async function rebuild(context: CommandContext, name: string): Promise<number> {
  const found = await get(context, name);
  const last = found.status?.rebuild;
  const underWay = last?.phase === "Making" || last?.phase === "Apps";
  const goOn = context.flag("continue");
  if (underWay && !goOn)
    throw new UsageError(
      `platform ${name} is being rebuilt already`,
      `Look on: nagi platforms rebuild ${name} --continue. How far it is: nagi platforms info ${name}`,
    );
  if (goOn && (last === undefined || last.phase === "Complete"))
    throw new UsageError(
      `platform ${name} has no rebuild that stopped`,
      `Begin one: nagi platforms rebuild ${name}`,
    );
  const now = new Date().toISOString();
  const wish = goOn ? { continuedAt: now } : { requestedAt: now, continuedAt: null };
  const changed = underWay ? found : await change(context, name, { rebuild: wish });
  if (context.flag("no-wait")) {
    context.terminal.print(`Platform ${name} is being rebuilt: nagi platforms info ${name}`);
    return 0;
  }
  return await followRebuild(context, changed);
}
