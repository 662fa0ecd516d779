/** What a configuration's status says of the builds that were made of it. Pure. */

import type { Build } from "./build/build.ts";
import type { BuildConfig } from "./buildconfig/buildconfig.ts";
import { followedTags } from "./config-images.ts";
import { buildNumber, notedImages } from "./new-build.ts";

type Status = NonNullable<BuildConfig["status"]>;
type TriggerStatus = NonNullable<Status["imageChangeTriggers"]>[number];

/**
 * The status with the builds that it does not know of yet: those with a higher number than the last. What their
 * triggers' tags named then counts as built.
 */
export function recordedStatus(config: BuildConfig, builds: readonly Build[]): Status {
  const { lastVersion = 0, imageChangeTriggers: known = [] } = config.status ?? {};
  const unknown = builds
    .filter((build) => buildNumber(build) > lastVersion)
    .toSorted((a, b) => buildNumber(a) - buildNumber(b));
  const images = new Map<string, TriggerStatus>();
  for (const status of known) images.set(triggerKey(status), status);
  for (const build of unknown) {
    for (const [key, image] of Object.entries(notedImages(build))) {
      const { namespace, name } = splitKey(key);
      const lastTriggerTime = build.metadata.creationTimestamp;
      if (images.get(key)?.lastTriggeredImageID === image) continue;
      images.set(key, { lastTriggeredImageID: image, from: { namespace, name }, lastTriggerTime });
    }
  }
  // A trigger that is no more, and comes back later, begins anew.
  const followed = followedTags(config).flatMap(({ key }) => images.get(key) ?? []);
  const newest = unknown.at(-1);
  const { imageChangeTriggers: _known, ...rest } = config.status ?? {};
  return {
    ...rest,
    lastVersion: newest === undefined ? lastVersion : buildNumber(newest),
    ...(followed.length === 0 ? {} : { imageChangeTriggers: followed }),
  };
}

/** The image that the tag's last build stands on. */
export function lastImage({ status }: BuildConfig, key: string): string | undefined {
  return status?.imageChangeTriggers?.find((each) => triggerKey(each) === key)?.lastTriggeredImageID;
}

function triggerKey({ from }: TriggerStatus): string {
  return `${from?.namespace}/${from?.name}`;
}

function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
