/** The platform that an app names, as people type it. */

import type { Client } from "../client/client.ts";
import { checkPlatformRef, parsePlatformRef } from "../model/kinds/nagi/platform/platform-ref.ts";
import { platform as platformKind } from "../model/kinds/nagi/platform/platform.ts";
import { UsageError, type Option } from "./command.ts";

export const platformOption: Option = {
  name: "platform",
  type: "string",
  value: "NAME[:vN]",
  description:
    "Platform that it is built on, or a version of one; an empty one stands for what is found out.",
};

/** Throws when there is no such platform or version; null for the empty one. */
export async function platformOf(client: Client, given: string): Promise<string | null> {
  if (given === "") return null;
  const problem = checkPlatformRef(given);
  if (problem !== undefined) throw new UsageError(`--platform is ${JSON.stringify(given)}: it ${problem}`);
  const { name, version } = parsePlatformRef(given);
  const { items } = await client.list(platformKind);
  const found = items.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const names = items.map(({ metadata }) => metadata.name).join(", ");
    throw new UsageError(`--platform is ${given}: there is no platform ${name}`, `There are: ${names}`);
  }
  const versions = (found.status?.history ?? []).map((each) => each.version);
  if (version === undefined || versions.includes(version)) return given;
  const there = versions.length === 0 ? "none yet" : versions.map((each) => `v${each}`).join(", ");
  throw new UsageError(
    `--platform is ${given}: platform ${name} has no version v${version}`,
    `It has ${there}: nagi platforms info ${name}`,
  );
}
