/** How an app names a platform: `python`, whatever its newest version, or `python:v2`, that version. */

import { checkDnsLabel } from "../../../names.ts";

export interface PlatformRef {
  readonly name: string;
  /** Absent: the newest. */
  readonly version?: number | undefined;
}

/** Of a reference that `checkPlatformRef` finds nothing wrong with. */
export function parsePlatformRef(text: string): PlatformRef {
  const [name = "", version] = text.split(":v");
  return version === undefined ? { name } : { name, version: Number(version) };
}

/** What is wrong with a reference to a platform, or undefined. */
export function checkPlatformRef(text: string): string | undefined {
  const [name = "", version, ...rest] = text.split(":");
  const isVersion = version === undefined || /^v[1-9]\d{0,6}$/.test(version);
  if (rest.length === 0 && isVersion && checkDnsLabel(name) === undefined) return undefined;
  return 'must be the name of a platform, such as "python", or one with a version, such as "python:v2"';
}
