/** The scheduler's configuration file, read at the start: what it says, or an error that a person can act on. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../lib/errors.ts";
import { readSchedulerConfig } from "../scheduler/policy/read-config.ts";
import type { SchedulerConfig } from "../scheduler/policy/scheduler-config.ts";

/** In place of a path: the built-in profile, whatever was chosen before. */
const builtIn = "none";

export function schedulerSettings(path: string | undefined): SchedulerConfig | undefined {
  if (path === undefined || path === builtIn) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`cannot read the scheduler's configuration: ${messageOf(cause)}`, { cause });
  }
  try {
    const config = readSchedulerConfig(text);
    // Better not to start than to place pods without asking whom the file says to ask.
    if (config.extenders.length > 0) throw new Error("extenders: are not asked by nagi up: take them out");
    return config;
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** As it is remembered: a path holds from anywhere. */
export function settledPath(path: string | undefined): string | undefined {
  return path === undefined || path === builtIn ? path : resolve(path);
}
