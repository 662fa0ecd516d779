/** How a plugin comes by its arguments: a name, a schema for `pluginConfig[].args`, and what makes the plugin. */

import { applySchemaDefaults } from "../../model/defaults.ts";
import type { FieldError } from "../../model/field-error.ts";
import type { Schema, SchemaNode } from "../../model/schema.ts";
import type { Plugin } from "../framework/plugin.ts";

export interface PluginFactory {
  readonly name: string;
  /** Absent for a plugin that takes no arguments. */
  readonly args: SchemaNode | undefined;
  /** What the schema cannot say. */
  readonly check: (args: never, path: string) => readonly FieldError[];
  /** `args` as the schema leaves them, with defaults. */
  readonly make: (args: never) => Plugin;
}

/** A plugin without arguments. */
export function plainPlugin<F, S>(plugin: Plugin<F, S>): PluginFactory {
  return { name: plugin.name, args: undefined, check: () => [], make: () => plugin };
}

export interface FactoryOptions<Args, F, S> {
  readonly args: Schema<Args>;
  readonly check?: (args: Args, path: string) => readonly FieldError[];
  readonly make: (args: Args) => Plugin<F, S>;
}

export function pluginFactory<Args, F, S>(
  name: string,
  { args, check = () => [], make }: FactoryOptions<Args, F, S>,
): PluginFactory {
  return { name, args, check, make };
}

/** The plugin with these arguments, which are right, and the defaults of those not given. */
export function makeWith({ args: schema, make }: PluginFactory, args: object): Plugin {
  const whole = schema === undefined ? {} : structuredClone(args);
  if (schema !== undefined) applySchemaDefaults(schema, whole);
  return make(whole as never);
}
