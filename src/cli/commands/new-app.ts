import { stringify } from "yaml";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { outputOption } from "../manifests.ts";
import { componentOf, type Component } from "../new-app/component.ts";
import { makeComponent } from "../new-app/make-component.ts";
import { makeObjects, preparePlatforms } from "../new-app/make-objects.ts";
import { fillTemplate, findTemplate, lookUpTemplate, objectsOf, templateOptions } from "../template-input.ts";
import type { Template } from "../../model/kinds/template/template/template.ts";

export const command: Command = {
  name: "new-app",
  group: "Apps",
  summary: "Make an app from a git repository, a directory, an image or a template.",
  usage: "[BUILDER~]GIT-URL[#REF] | [BUILDER~]DIR | IMAGE [+MORE ...] | --template NAME | -f FILE",
  description:
    "It looks at what is given, says what it found and what it will make, makes it and deploys it. Several make an\n" +
    "app each. BUILDER, as in python~URL, is a platform or a source-to-image builder; without one it is found out. A\n" +
    "template makes all its objects; its parameters are given with --param. An app of a tag (shop:prod) follows it.\n" +
    "--dry-run makes nothing.",
  options: [
    {
      name: "name",
      type: "string",
      value: "NAME",
      description: "Name of the app (default: of the source or image).",
    },
    { name: "template", type: "string", value: "NAME", description: "Template to make objects of." },
    ...templateOptions,
    {
      name: "context-dir",
      type: "string",
      value: "DIR",
      description: "Directory of the source that the app is built from.",
    },
    {
      name: "port",
      type: "number",
      value: "PORT",
      description: "Port that an image listens on (default: 8080).",
    },
    { name: "dry-run", type: "boolean", description: "Say what would be made, and make nothing." },
    outputOption(["json", "yaml"]),
  ],
  examples: [
    "nagi new-app https://git.example.com/team/shop.git#main",
    "nagi new-app ./web +./api",
    "nagi new-app python~https://git.example.com/team/shop.git",
    "nagi new-app --template app-with-postgresql -p NAME=shop",
  ],
  async run(context) {
    const words = context.args.flatMap((word) => word.split(/^\+/)).filter((word) => word !== "");
    const template = await chosenTemplate(context, words);
    if (template !== undefined) return await makeTemplate(context, template);
    if (words.length === 0)
      throw new UsageError(
        "nagi new-app needs a git URL, a directory, an image or a template",
        "For instance: nagi new-app . Templates: nagi get templates -n openshift",
      );
    if (words.length > 1 && context.text("name") !== undefined)
      throw new UsageError("--name belongs to one app, and several are given");
    const components: Component[] = [];
    for (const word of words) components.push(await componentOf(context, word));
    return await makeAll(context, components);
  },
};

async function chosenTemplate(
  context: CommandContext,
  words: readonly string[],
): Promise<Template | undefined> {
  const named = context.text("template");
  if (named !== undefined || context.texts("filename").length > 0) {
    if (words.length > 0)
      throw new UsageError(
        `a template takes no further arguments: ${words.join(" ")}`,
        "Values: --param NAME=VALUE",
      );
    return await findTemplate(context, named);
  }
  const [only = "", ...more] = words;
  // As with oc: a plain word may be the name of a template.
  if (more.length > 0 || !/^[a-z0-9-]+$/.test(only)) return undefined;
  return await lookUpTemplate(context, only);
}

async function makeTemplate(context: CommandContext, template: Template): Promise<number> {
  const filled = fillTemplate(context, template);
  const objects = await objectsOf(context, filled);
  if (context.flag("dry-run") || context.text("output") !== undefined) return show(context, objects);
  context.terminal.print(`Template ${template.metadata.name ?? ""} makes:`);
  for (const { kind, metadata } of objects) context.terminal.print(`  ${kind} ${metadata.name}`);
  await preparePlatforms(context, objects);
  await makeObjects(context, objects);
  if (filled.message !== undefined) context.terminal.print(`\n${filled.message.trim()}`);
  return 0;
}

async function makeAll(context: CommandContext, components: readonly Component[]): Promise<number> {
  const { terminal } = context;
  if (context.text("output") !== undefined)
    return show(
      context,
      components.map(({ app }) => app),
    );
  for (const { found, app, what } of components) {
    terminal.print(`Found ${found}`);
    terminal.print(`  makes app ${app.metadata.name}, ${what}`);
  }
  if (context.flag("dry-run")) return 0;
  for (const component of components) {
    const code = await makeComponent(context, component);
    if (code !== 0) return code;
  }
  return 0;
}

function show(context: CommandContext, items: readonly object[]): number {
  const list = { kind: "List", apiVersion: "v1", metadata: {}, items };
  const asJson = context.text("output") === "json";
  context.terminal.write(
    asJson ? `${JSON.stringify(list, null, 4)}\n` : stringify(list, { indentSeq: false, lineWidth: 0 }),
  );
  return 0;
}
