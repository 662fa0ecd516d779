/** The profile that schedules when nothing else is configured: order and weights as kube-scheduler's. */

import { createProfile, type Profile } from "./framework/profile.ts";
import { builtinPlugins, defaultPlugins } from "./policy/registry.ts";
import { makeWith } from "./policy/plugin-factory.ts";

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
