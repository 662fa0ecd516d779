/** The base image of a platform, or of one of its versions; a build waits while it is being made, as it is on a new machine. */

import type { Client } from "../../client/client.ts";
import { waitFor } from "../../client/wait-for.ts";
import type { Clock } from "../../lib/clock.ts";
import {
  platform as platformKind,
  wantedAnnotation,
  type Platform,
} from "../../model/kinds/nagi/platform/platform.ts";
import { parsePlatformRef, type PlatformRef } from "../../model/kinds/nagi/platform/platform-ref.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { BuildLog } from "./build-log.ts";
import { BuildFailure } from "./failure.ts";

/** Making all platforms takes a minute on a small machine. */
const waitTimeoutMs = 10 * 60_000;

export interface ReadyPlatform {
  readonly name: string;
  /** Number of its version; absent for one from before versions had numbers. */
  readonly version?: number | undefined;
  readonly image: string;
  /** Of its programs, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Name of the language whose apps it is for. */
  readonly language: string;
}

export interface PlatformUser {
  readonly options: { readonly client: Client; readonly clock: Clock };
  readonly log: BuildLog;
  readonly signal: AbortSignal;
}

/** `wanted` is the name of a platform, or of a version of one: `python:v2`. */
export async function readyPlatform(wanted: string, user: PlatformUser): Promise<ReadyPlatform> {
  const { options, log, signal } = user;
  const ref = parsePlatformRef(wanted);
  const { name } = ref;
  let told = "";
  await wantPlatform(ref, user);
  const until = (found: Platform | undefined): boolean => {
    const { phase = "Pending", message = "", history = [] } = found?.status ?? {};
    if (found !== undefined && phase !== "Pending" && phase !== "Building") return true;
    if (found?.spec?.disabled === true) return true;
    if (ref.version !== undefined && history.some(({ version }) => version === ref.version)) return true;
    const text = `-----> Waiting for platform ${name}${message === "" ? "" : `: ${message}`}`;
    if (text !== told) log.line(text);
    told = text;
    return false;
  };
  try {
    const wait = { kind: platformKind, ref: { name }, until };
    const { clock } = options;
    return used(ref, await waitFor(options.client, wait, { clock, timeoutMs: waitTimeoutMs, signal }));
  } catch (error) {
    if (!isStatus(error, "Timeout")) throw error;
    const message = `platform ${name} is not there: see \`nagi platforms\``;
    throw new BuildFailure("PlatformNotReady", message, { cause: error });
  }
}

/** A platform that is made on demand is made from here on. */
async function wantPlatform({ name }: PlatformRef, { options }: PlatformUser): Promise<void> {
  const { client, clock } = options;
  try {
    const found = await client.get(platformKind, { name });
    if (found.status?.phase === "Ready" || found.metadata.annotations?.[wantedAnnotation] !== undefined)
      return;
    const wantedAt = new Date(clock.now()).toISOString();
    const body = { metadata: { annotations: { [wantedAnnotation]: wantedAt } } };
    await client.patch(platformKind, { name }, { type: "merge", body });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // It may come yet, as on a machine that has just started.
    const { items } = await client.list(platformKind);
    if (items.length === 0) return;
    const names = items.map(({ metadata }) => metadata.name).join(", ");
    const message = `there is no platform ${name}: there are ${names}`;
    throw new BuildFailure("PlatformNotReady", message, { cause: error });
  }
}

function used({ name, version }: PlatformRef, found: Platform | undefined): ReadyPlatform {
  if (found?.spec?.disabled === true) {
    const advice = `let builds use it: nagi platforms update ${name} --enable, or name another platform: nagi source --platform NAME`;
    throw new BuildFailure("PlatformNotReady", `platform ${name} is disabled: ${advice}`);
  }
  const { status = {} } = found ?? {};
  const language = status.language ?? name;
  if (version !== undefined) return { name, language, ...usedVersion(name, version, status) };
  const { phase = "Pending", image, message = "no reason is known", versions = [] } = status;
  if (phase !== "Ready" || image === undefined) {
    throw new BuildFailure("PlatformNotReady", `platform ${name} is ${phase}: ${message}`);
  }
  return { name, version: status.version, image, versions: versionsOf(versions), language };
}

function usedVersion(
  name: string,
  version: number,
  { history = [] }: NonNullable<Platform["status"]>,
): Pick<ReadyPlatform, "version" | "image" | "versions"> {
  const made = history.find((each) => each.version === version);
  if (made !== undefined) return { version, image: made.image, versions: versionsOf(made.programs ?? []) };
  const there = history.map((each) => `v${each.version}`).join(", ");
  const message = `platform ${name} has no version v${version}: it has ${there === "" ? "none yet" : there}; choose one: nagi source --platform ${name}:vN`;
  throw new BuildFailure("PlatformNotReady", message);
}

function versionsOf(
  programs: readonly { readonly name?: string | undefined; readonly version?: string | undefined }[],
): Record<string, string> {
  return Object.fromEntries(programs.map((each) => [each.name ?? "", each.version ?? ""]));
}
