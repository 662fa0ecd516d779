/**
 * Plugins of others: a folder, a file, or the name of an npm package that is installed. What it
 * exports as `plugin` is one, or makes one from arguments; `plugins` is a list of these.
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../../lib/errors.ts";
import type { FieldError } from "../../model/field-error.ts";
import { allKinds } from "../../model/registry.ts";
import type { SchemaNode } from "../../model/schema.ts";
import type { Plugin } from "../../scheduler/framework/plugin.ts";
import type { PluginFactory } from "../../scheduler/policy/plugin-factory.ts";
import { guarded } from "./guard-plugin.ts";
import { pluginPart } from "./plugin-parts.ts";

const entryFiles = ["index.js", "index.mjs", "index.ts"];
const maxPlugins = 32;
/** In place of a module: none of those that were chosen before. */
export const noPlugins = "none";

/** What a module may export in place of a plugin: the plugin is made from the arguments in the configuration. */
interface Maker {
  readonly name: string;
  make(args: unknown): Plugin;
}

/** Where the module is, from anywhere: a path is meant when there is one, else a package above `folder`. */
export function locatePlugin(given: string, folder: string): string {
  const path = isAbsolute(given) ? given : resolve(folder, given);
  if (existsSync(path)) return path;
  const isName = /^(?:@[\w.-]+\/)?[\w-][\w.-]*$/.test(given);
  const installed = isName ? installedAbove(folder, given) : undefined;
  if (installed !== undefined) return installed;
  const nor = isName ? `, nor an npm package ${given} in a node_modules above ${folder}` : "";
  throw new Error(`cannot load the plugin ${given}: there is no ${path}${nor}`);
}

function installedAbove(folder: string, name: string): string | undefined {
  const path = join(folder, "node_modules", name);
  if (existsSync(path)) return path;
  const above = dirname(folder);
  return above === folder ? undefined : installedAbove(above, name);
}

/** As they are remembered; undefined when none is given, and then those of the last start hold. */
export function settledPlugins(given: readonly string[], folder: string): readonly string[] | undefined {
  if (given.length === 0) return undefined;
  return given.filter((each) => each !== noPlugins).map((each) => locatePlugin(each, folder));
}

/** `paths` are as `locatePlugin` gives them. */
export async function loadPlugins(paths: readonly string[]): Promise<readonly PluginFactory[]> {
  const found: PluginFactory[] = [];
  for (const path of paths) {
    try {
      const module = (await import(pathToFileURL(entryOf(path)).href)) as Record<string, unknown>;
      for (const each of exportedPlugins(module)) {
        const factory = factoryOf(each);
        if (found.some(({ name }) => name === factory.name)) {
          throw new Error(`there are two plugins with the name ${factory.name}`);
        }
        found.push(factory);
      }
    } catch (cause) {
      throw new Error(`cannot load the plugin ${path}: ${messageOf(cause)}`, { cause });
    }
  }
  if (found.length > maxPlugins) throw new Error(`there are ${found.length} plugins, allowed ${maxPlugins}`);
  return found;
}

function entryOf(path: string): string {
  if (!statSync(path).isDirectory()) return path;
  const manifest = join(path, "package.json");
  const main = existsSync(manifest) ? mainOf(manifest) : undefined;
  const entry = [...(main === undefined ? [] : [main]), ...entryFiles].find((file) =>
    existsSync(join(path, file)),
  );
  if (entry !== undefined) return join(path, entry);
  throw new Error(`the folder has none of ${[main ?? "a main in package.json", ...entryFiles].join(", ")}`);
}

/** What a package leads to: `exports` or `main`. */
function mainOf(manifest: string): string | undefined {
  const { exports: exported, main } = JSON.parse(readFileSync(manifest, "utf8")) as {
    exports?: unknown;
    main?: string;
  };
  let target = exported;
  for (const condition of [".", "import", "default"]) {
    if (typeof target !== "object" || target === null) break;
    target = (target as Record<string, unknown>)[condition] ?? target;
  }
  return typeof target === "string" ? target : main;
}

function exportedPlugins({ plugin, plugins }: Record<string, unknown>): readonly unknown[] {
  if (plugin !== undefined) return [plugin];
  if (Array.isArray(plugins)) return plugins;
  throw new Error("it exports neither `plugin` nor a list `plugins`");
}

function factoryOf(exported: unknown): PluginFactory {
  if (typeof exported !== "object" || exported === null) {
    throw new Error(`it exports ${typeof exported} as a plugin: must be an object`);
  }
  const { name, make } = exported as Partial<Maker>;
  if (typeof name !== "string" || !/^[A-Za-z][\w-]*$/.test(name)) {
    throw new Error(`a plugin's name is ${JSON.stringify(name)}: must be letters, digits, - and _`);
  }
  if (make === undefined) {
    const plugin = guarded(checked(exported));
    return { name, args: undefined, check: () => [], make: () => plugin };
  }
  const made = (args: unknown): Plugin => guarded(checked({ ...make(args), name }));
  return { name, args: anyArgs, check: (): readonly FieldError[] => [], make: made };
}

/** The plugin itself says what is wrong with its arguments. */
const anyArgs: SchemaNode = { type: "any", description: "Arguments." };

function checked(plugin: object): Plugin {
  const { name } = plugin as Plugin;
  for (const [key, value] of Object.entries(plugin)) {
    const type = pluginPart(key);
    if (type === undefined) throw new Error(`plugin ${name}: ${key} is no part of a plugin`);
    const actual = Array.isArray(value) ? "array" : typeof value;
    if (value !== undefined && actual !== type) {
      throw new Error(`plugin ${name}: ${key} is of type ${actual}, must be ${type}`);
    }
  }
  const said = new Set(Object.keys(plugin));
  if (said.has("filter") && !said.has("reasons")) {
    throw new Error(`plugin ${name}: has a filter and no reasons: it could not say why it refuses a node`);
  }
  for (const kind of (plugin as Plugin).related ?? []) {
    if (allKinds.every((each) => each.kind !== kind)) {
      throw new Error(
        `plugin ${name}: looks at objects of the kind ${JSON.stringify(kind)}, which is not known`,
      );
    }
  }
  return plugin as Plugin;
}
