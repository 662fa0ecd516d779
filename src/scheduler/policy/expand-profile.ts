/**
 * From what a profile turns on and off to the plugins that decide. As in kube-scheduler: what `multiPoint` says
 * changes the default plugins; at each extension point come first the plugins that are named both there and in
 * `multiPoint`, then the others of `multiPoint`, then those named at the point only; `*` turns the rest off.
 */

import { duplicates, forbidden, invalid, notSupported, type FieldError } from "../../model/field-error.ts";
import { isJsonObject } from "../../model/json.ts";
import type { Plugin } from "../framework/plugin.ts";
import { createProfile, type EnabledPlugin, type Profile } from "../framework/profile.ts";
import { messageOf } from "../../lib/errors.ts";
import { checkDocument } from "./check-document.ts";
import type { PluginsDocument, PluginSetDocument, ProfileDocument } from "./kube-schema.ts";
import type { PluginFactory } from "./plugin-factory.ts";
import { hasPoint, pluginPoints, withPoints, type PluginPoint } from "./plugin-view.ts";
import { absent, alwaysOn, defaultPlugins, type WeightedName } from "./registry.ts";

export interface ExpandContext {
  /** Of the profile in the file. */
  readonly path: string;
  readonly factories: readonly PluginFactory[];
  /** Resources that NodeResourcesFit does not look at, besides those in its arguments. */
  readonly ignored: readonly string[];
  readonly problems: FieldError[];
  readonly warnings: string[];
}

/** Undefined when something is wrong with it, which is among the problems then. */
export function expandProfile(
  profile: ProfileDocument & { readonly schedulerName: string },
  context: ExpandContext,
): Profile | undefined {
  const before = context.problems.length;
  const { plugins = {} } = profile;
  const known = makePlugins(profile, context);
  checkNames(plugins, known, context);
  if (context.problems.length > before) return undefined;
  const multi = merge(plugins.multiPoint);
  const lists = new Map(
    pluginPoints.map((point) => [point, atPoint(point, { multi, set: plugins[point], known })] as const),
  );
  try {
    return createProfile(profile.schedulerName, combine(multi, lists, known));
  } catch (error) {
    context.problems.push(invalid(`${context.path}.plugins`, undefined, messageOf(error)));
    return undefined;
  }
}

type Known = ReadonlyMap<string, Plugin>;

function makePlugins({ pluginConfig = [] }: ProfileDocument, context: ExpandContext): Known {
  const { path, factories, problems, warnings } = context;
  const argsOf = new Map<string, { readonly args: unknown; readonly path: string }>();
  problems.push(
    ...duplicates(
      pluginConfig.map(({ name }) => name),
      (index) => `${path}.pluginConfig[${index}].name`,
    ),
  );
  const names = new Set(factories.map(({ name }) => name));
  for (const [index, { name, args }] of pluginConfig.entries()) {
    const at = `${path}.pluginConfig[${index}]`;
    if (names.has(name)) argsOf.set(name, { args: args ?? {}, path: `${at}.args` });
    else if (absent.has(name)) warnings.push(`${at} has no effect: ${absent.get(name)}`);
    else problems.push(notSupported(`${at}.name`, name, [...names].toSorted()));
  }
  const made = new Map<string, Plugin>();
  for (const factory of factories) {
    const { args, path: at } = argsOf.get(factory.name) ?? { args: {}, path: `${path}.pluginConfig` };
    const plugin = makeOne(factory, withIgnored(factory.name, args, context.ignored), at, problems);
    if (plugin !== undefined) made.set(factory.name, plugin);
  }
  return made;
}

function makeOne(
  { name, args: schema, check, make }: PluginFactory,
  given: unknown,
  path: string,
  problems: FieldError[],
): Plugin | undefined {
  const before = problems.length;
  if (!isJsonObject(given)) {
    problems.push(invalid(path, given, "must be an object"));
    return undefined;
  }
  const { apiVersion: _apiVersion, kind, ...fields } = given;
  if (kind !== undefined && kind !== `${name}Args`) {
    problems.push(notSupported(`${path}.kind`, kind, [`${name}Args`]));
  }
  if (schema === undefined) {
    for (const field of Object.keys(fields)) {
      problems.push(forbidden(`${path}.${field}`, `the plugin ${name} takes no arguments`));
    }
    return problems.length === before ? make({} as never) : undefined;
  }
  const args = checkDocument(schema, fields, path, problems);
  if (problems.length === before) problems.push(...check(args as never, path));
  if (problems.length > before) return undefined;
  try {
    return make(args as never);
  } catch (error) {
    problems.push(invalid(path, undefined, messageOf(error)));
    return undefined;
  }
}

/** What extenders count in its place, NodeResourcesFit does not look at. */
function withIgnored(name: string, args: unknown, ignored: readonly string[]): unknown {
  if (name !== "NodeResourcesFit" || ignored.length === 0 || !isJsonObject(args)) return args;
  const own = Array.isArray(args["ignoredResources"]) ? args["ignoredResources"] : [];
  return { ...args, ignoredResources: [...own, ...ignored] };
}

function checkNames(plugins: PluginsDocument, known: Known, context: ExpandContext): void {
  for (const [point, set] of Object.entries(plugins)) {
    const at = `${context.path}.plugins.${point}`;
    const { enabled = [], disabled = [] } = set ?? {};
    for (const [list, entries] of [["enabled", enabled] as const, ["disabled", disabled] as const]) {
      const names = entries.map(({ name }) => name);
      context.problems.push(...duplicates(names, (index) => `${at}.${list}[${index}].name`));
      for (const [index, name] of names.entries()) {
        if (known.has(name) || (list === "disabled" && name === "*")) continue;
        strangeName(name, { list, field: `${at}.${list}[${index}].name` }, known, context);
      }
    }
    for (const [index, { name }] of enabled.entries()) {
      const plugin = known.get(name);
      if (plugin === undefined || !isPoint(point) || hasPoint(plugin, point)) continue;
      context.problems.push(invalid(`${at}.enabled[${index}].name`, name, `this plugin has no ${point}`));
    }
  }
}

function isPoint(point: string): point is PluginPoint {
  return (pluginPoints as readonly string[]).includes(point);
}

/** A name that is no plugin here: one whose work is done elsewhere, or a mistake. */
function strangeName(
  name: string,
  { list, field }: { readonly list: "enabled" | "disabled"; readonly field: string },
  known: Known,
  { problems, warnings }: ExpandContext,
): void {
  if (alwaysOn.includes(name)) {
    if (list === "disabled") problems.push(forbidden(field, `${name} cannot be turned off`));
  } else if (!absent.has(name)) {
    problems.push(notSupported(field, name, [...known.keys(), ...alwaysOn].toSorted()));
  } else if (list === "enabled") {
    warnings.push(`${field} ${name} has no effect: ${absent.get(name)}`);
  }
}

/** The default plugins, changed by what `multiPoint` turns off, weighs anew and adds. */
function merge({ enabled = [], disabled = [] }: PluginSetDocument = {}): readonly WeightedName[] {
  const off = new Set(disabled.map(({ name }) => name));
  const own = new Map(enabled.map(({ name, weight }) => [name, { name, weight: weightOf(weight) }]));
  const kept = off.has("*") ? [] : defaultPlugins.filter(({ name }) => !off.has(name));
  const merged = kept.map((plugin) => own.get(plugin.name) ?? plugin);
  const names = new Set(merged.map(({ name }) => name));
  return [...merged, ...[...own.values()].filter(({ name }) => !names.has(name))];
}

/** No weight and 0 mean 1. */
function weightOf(weight: number | undefined): number {
  return weight === undefined || weight === 0 ? 1 : weight;
}

interface PointContext {
  readonly multi: readonly WeightedName[];
  readonly set: PluginSetDocument | undefined;
  readonly known: Known;
}

/** The plugins of one extension point in their order. */
function atPoint(point: PluginPoint, { multi, set = {}, known }: PointContext): readonly WeightedName[] {
  const { enabled = [], disabled = [] } = set;
  const off = new Set(disabled.map(({ name }) => name));
  const fromMulti = off.has("*")
    ? []
    : multi.filter(({ name }) => {
        const plugin = known.get(name);
        return plugin !== undefined && hasPoint(plugin, point) && !off.has(name);
      });
  const own = enabled
    .filter(({ name }) => known.has(name))
    .map(({ name, weight }) => ({ name, weight: weightOf(weight) }));
  const named = new Set(own.map(({ name }) => name));
  const inMulti = new Set(fromMulti.map(({ name }) => name));
  return [
    ...own.filter(({ name }) => inMulti.has(name)),
    ...fromMulti.filter(({ name }) => !named.has(name)),
    ...own.filter(({ name }) => !inMulti.has(name)),
  ];
}

/** One list in the order of the filters; the plugins without one come after, in their order. */
function combine(
  multi: readonly WeightedName[],
  lists: ReadonlyMap<PluginPoint, readonly WeightedName[]>,
  known: Known,
): EnabledPlugin[] {
  const pointsOf = new Map<string, Set<PluginPoint>>();
  const filters = lists.get("filter") ?? [];
  const names = new Set([...filters, ...multi].map(({ name }) => name));
  for (const [point, list] of lists) {
    for (const { name } of list) {
      names.add(name);
      pointsOf.set(name, (pointsOf.get(name) ?? new Set()).add(point));
    }
  }
  const weights = new Map((lists.get("score") ?? []).map(({ name, weight }) => [name, weight]));
  return [...names].flatMap((name): EnabledPlugin[] => {
    const plugin = known.get(name);
    const points = pointsOf.get(name);
    if (plugin === undefined || points === undefined) return [];
    return [{ plugin: withPoints(plugin, points), weight: weights.get(name) ?? 0 }];
  });
}
