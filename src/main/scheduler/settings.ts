/** What decides: the configuration file and the plugins of others, or an error that a person can act on. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BackoffOptions } from "../../lib/backoff.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Profile } from "../../scheduler/framework/profile.ts";
import type { PluginFactory } from "../../scheduler/policy/plugin-factory.ts";
import { readSchedulerConfig } from "../../scheduler/policy/read-config.ts";
import type { ExtenderConfig, SchedulerConfig } from "../../scheduler/policy/scheduler-config.ts";
import { profileWith } from "../../scheduler/profiles.ts";
import { queueBackoff } from "../../scheduler/queue/scheduling-queue.ts";
import { loadPlugins } from "./load-plugins.ts";

/** In place of a path: what is built in, whatever was chosen before. */
const builtIn = "none";

export interface SchedulerSettings {
  readonly profiles: readonly Profile[];
  readonly extenders: readonly ExtenderConfig[];
  /** What one point of an extender, of 0 to 10, is among the plugins' scores. */
  readonly extenderFactor: number;
  readonly backoff: BackoffOptions;
  readonly warnings: readonly string[];
}

export interface GivenSettings {
  readonly config?: string | undefined;
  /** Paths of modules. */
  readonly plugins?: readonly string[] | undefined;
  /** Of profiles that do not name themselves. */
  readonly schedulerName?: string | undefined;
}

export async function schedulerSettings(given: GivenSettings): Promise<SchedulerSettings> {
  const { config: path, schedulerName } = given;
  const plugins = await loadPlugins(given.plugins ?? []);
  if (path === undefined || path === builtIn) {
    const profile = profileWith(schedulerName, plugins);
    return { profiles: [profile], extenders: [], extenderFactor: 10, backoff: queueBackoff, warnings: [] };
  }
  const { kind, profiles, extenders, warnings, ...times } = readConfig(path, { schedulerName, plugins });
  const baseMs = times.backoffInitialMs ?? queueBackoff.baseMs;
  const capMs = Math.max(baseMs, times.backoffMaxMs ?? queueBackoff.capMs);
  const extenderFactor = kind === "Policy" ? 1 : 10;
  return { profiles, extenders, extenderFactor, backoff: { baseMs, capMs }, warnings };
}

function readConfig(
  path: string,
  options: { readonly schedulerName: string | undefined; readonly plugins: readonly PluginFactory[] },
): SchedulerConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`cannot read the scheduler's configuration: ${messageOf(cause)}`, { cause });
  }
  try {
    return readSchedulerConfig(text, options);
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** As it is remembered: a path holds from anywhere. */
export function settledPath(path: string | undefined): string | undefined {
  return path === undefined || path === builtIn ? path : resolve(path);
}
