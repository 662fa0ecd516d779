/** The base image of a platform; a build waits while it is being made, as it is on a new machine. */

import type { Client } from "../../client/client.ts";
import { waitFor } from "../../client/wait-for.ts";
import type { Clock } from "../../lib/clock.ts";
import {
  platform as platformKind,
  wantedAnnotation,
  type Platform,
} from "../../model/kinds/nagi/platform/platform.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { BuildLog } from "./build-log.ts";
import { BuildFailure } from "./failure.ts";

/** Making all platforms takes a minute on a small machine. */
const waitTimeoutMs = 10 * 60_000;

export interface ReadyPlatform {
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

export async function readyPlatform(name: string, user: PlatformUser): Promise<ReadyPlatform> {
  const { options, log, signal } = user;
  let told = "";
  await wantPlatform(name, user);
  const until = (found: Platform | undefined): boolean => {
    const { phase = "Pending", message = "" } = found?.status ?? {};
    if (found !== undefined && phase !== "Pending" && phase !== "Building") return true;
    const text = `-----> Waiting for platform ${name}${message === "" ? "" : `: ${message}`}`;
    if (text !== told) log.line(text);
    told = text;
    return false;
  };
  try {
    const wait = { kind: platformKind, ref: { name }, until };
    const { clock } = options;
    return used(name, await waitFor(options.client, wait, { clock, timeoutMs: waitTimeoutMs, signal }));
  } catch (error) {
    if (!isStatus(error, "Timeout")) throw error;
    const message = `platform ${name} is not there: see \`nagi platforms\``;
    throw new BuildFailure("PlatformNotReady", message, { cause: error });
  }
}

/** A platform that is made on demand is made from here on. */
async function wantPlatform(name: string, { options }: PlatformUser): Promise<void> {
  const { client, clock } = options;
  try {
    const found = await client.get(platformKind, { name });
    if (found.status?.phase === "Ready" || found.metadata.annotations?.[wantedAnnotation] !== undefined)
      return;
    const wantedAt = new Date(clock.now()).toISOString();
    const body = { metadata: { annotations: { [wantedAnnotation]: wantedAt } } };
    await client.patch(platformKind, { name }, { type: "merge", body });
  } catch (error) {
    // It may come yet, as on a machine that has just started.
    if (!isNotFound(error)) throw error;
  }
}

function used(name: string, found: Platform | undefined): ReadyPlatform {
  if (found?.spec?.disabled === true) {
    throw new BuildFailure("PlatformNotReady", `platform ${name} is disabled`);
  }
  const { phase = "Pending", image, message = "no reason is known", versions = [] } = found?.status ?? {};
  const language = found?.status?.language ?? name;
  if (phase !== "Ready" || image === undefined) {
    throw new BuildFailure("PlatformNotReady", `platform ${name} is ${phase}: ${message}`);
  }
  return {
    image,
    versions: Object.fromEntries(versions.map((each) => [each.name, each.version ?? ""])),
    language,
  };
}
