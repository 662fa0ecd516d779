/** Which rules decide in a simulation: those of a configuration file, or the default ones. */

import { messageOf } from "../../lib/errors.ts";
import type { Profile } from "../framework/profile.ts";
import type { PluginFactory } from "../policy/plugin-factory.ts";
import { readSchedulerConfig } from "../policy/read-config.ts";
import { defaultSchedulerName, profileWith } from "../profiles.ts";

export interface NamedProfile {
  /** Of the file, or `default`. */
  readonly name: string;
  readonly profile: Profile;
  /** What the file says that has no effect. */
  readonly warnings: readonly string[];
}

/** Plugins besides the built-in ones. */
export type OwnPlugins = readonly PluginFactory[];

export function builtinProfile(plugins: OwnPlugins = []): NamedProfile {
  return { name: "default", profile: profileWith(undefined, plugins), warnings: [] };
}

/** The profile of the default scheduler in the file, or its first. */
export function profileFromText(name: string, text: string, plugins: OwnPlugins = []): NamedProfile {
  try {
    const { profiles, extenders, warnings } = readSchedulerConfig(text, { plugins });
    const profile =
      profiles.find(({ schedulerName }) => schedulerName === defaultSchedulerName) ?? profiles[0];
    if (profile === undefined) throw new Error("it has no profile");
    const unasked = extenders.length === 0 ? [] : ["its extenders are not asked in a simulation"];
    return { name, profile, warnings: [...warnings, ...unasked] };
  } catch (error) {
    throw new Error(`cannot use ${name}: ${messageOf(error)}`, { cause: error });
  }
}
