/** The profile that schedules when nothing else is configured: order and weights as kube-scheduler's. */

import { createProfile, type Profile } from "./framework/profile.ts";
import { builtinPlugins, defaultPlugins } from "./policy/registry.ts";
import { makeWith, type PluginFactory } from "./policy/plugin-factory.ts";

export const defaultSchedulerName = "default-scheduler";

export function defaultProfile(schedulerName: string = defaultSchedulerName): Profile {
  const factories = new Map(builtinPlugins.map((factory) => [factory.name, factory]));
  return createProfile(
    schedulerName,
    defaultPlugins.flatMap(({ name, weight }) => {
      const factory = factories.get(name);
      return factory === undefined ? [] : [{ plugin: makeWith(factory, {}), weight }];
    }),
  );
}

/** With plugins of others besides; one with the name of a built-in one takes its place. */
export function profileWith(schedulerName: string | undefined, plugins: readonly PluginFactory[]): Profile {
  const profile = defaultProfile(schedulerName);
  if (plugins.length === 0) return profile;
  const own = plugins.map((factory) => ({ plugin: makeWith(factory, {}), weight: 1 }));
  const names = new Set(own.map(({ plugin }) => plugin.name));
  const kept = profile.plugins.filter(({ plugin }) => !names.has(plugin.name));
  return createProfile(profile.schedulerName, [...kept, ...own]);
}
