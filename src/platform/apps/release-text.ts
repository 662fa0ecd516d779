/** What a release changes against the one before, in words; undefined when nothing. */

import { isJsonEqual } from "../../model/json.ts";
import type { ReleaseSpec } from "../../model/kinds/nagi/release/release.ts";

/** Config vars, in base64 as secrets have them. */
export type ConfigData = Readonly<Record<string, string>>;

export interface Change {
  readonly next: ReleaseSpec;
  readonly config: ConfigData;
  readonly latest: ReleaseSpec | undefined;
  /** Undefined when it is lost: then a new release is made with what there is. */
  readonly latestConfig: ConfigData | undefined;
  readonly isNewBuild: boolean;
}

const namedMax = 5;

export function describeChange({
  next,
  config,
  latest,
  latestConfig,
  isNewBuild,
}: Change): string | undefined {
  const parts: string[] = [];
  if (isNewBuild || next.image !== latest?.image) parts.push(deployText(next));
  if (latest !== undefined) {
    parts.push(...configChange(latestConfig, config));
    if (next.port !== latest.port)
      parts.push(next.port === undefined ? "Unset the port" : `Set port ${next.port}`);
    parts.push(...processChange(latest.processes, next.processes));
  }
  return parts.length === 0 ? undefined : parts.join("; ");
}

function deployText({ commit, image, cause }: ReleaseSpec): string {
  const what = commit === undefined ? shortImage(image) : commit.slice(0, 7);
  return cause?.startsWith("tag ") === true ? `Deploy ${cause.slice(4)} (${what})` : `Deploy ${what}`;
}

/** By digest: the first characters say enough. */
function shortImage(image: string): string {
  const [name = "", digest] = image.split("@sha256:");
  return digest === undefined ? image : `${name.slice(name.lastIndexOf("/") + 1)}@${digest.slice(0, 12)}`;
}

function configChange(before: ConfigData | undefined, after: ConfigData): string[] {
  if (before === undefined) return ["Renew lost config vars"];
  const set = Object.keys(after).filter((key) => before[key] !== after[key]);
  const unset = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...(set.length === 0 ? [] : [`Set ${named(set)} config vars`]),
    ...(unset.length === 0 ? [] : [`Unset ${named(unset)} config vars`]),
  ];
}

function processChange(before: ReleaseSpec["processes"], after: ReleaseSpec["processes"]): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => !isJsonEqual(before[name] ?? null, after[name] ?? null));
  return changed.length === 0 ? [] : [`Change process ${named(changed)}`];
}

function named(names: readonly string[]): string {
  const shown = names.toSorted().slice(0, namedMax).join(", ");
  return names.length > namedMax ? `${shown} and ${names.length - namedMax} more` : shown;
}
