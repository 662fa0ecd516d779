/** Whether a configuration's triggers want a build, and why. Pure. */

import type { BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { lastImage } from "../../model/kinds/build/build-record.ts";
import {
  followedTags,
  imageOfTag,
  outputTagKey,
  type StreamOf,
} from "../../model/kinds/build/config-images.ts";
import type { TriggerCause } from "../../model/kinds/build/new-build.ts";
import { keyOf, refOf } from "../../model/meta.ts";

/** Reasons for one build; empty: there is none. The configuration's status knows all builds that there are. */
export function plannedCauses(config: BuildConfig, streamOf: StreamOf): TriggerCause[] {
  const isFirst = (config.status?.lastVersion ?? 0) === 0;
  const onChange = (config.spec.triggers ?? []).some(({ type }) => type === "ConfigChange");
  const causes: TriggerCause[] = isFirst && onChange ? [{ message: "Build configuration change" }] : [];
  for (const { key, from, paused } of followedTags(config)) {
    const imageID = paused ? undefined : imageOfTag(key, streamOf);
    if (imageID === undefined || imageID === lastImage(config, key)) continue;
    const fromRef = { kind: "ImageStreamTag", ...from };
    causes.push({ message: "Image change", imageChangeBuild: { imageID, fromRef } });
  }
  return causes;
}

/** The configurations, from this one on, whose builds would start each other without end; undefined: there is no end to fear. */
export function triggerLoop(config: BuildConfig, all: readonly BuildConfig[]): readonly string[] | undefined {
  const start = keyOf(refOf(config));
  const followers = Map.groupBy(
    all.flatMap((each) => followedTags(each).map((tag) => ({ ...tag, config: each }))),
    ({ key }) => key,
  );
  const seen = new Set<string>();
  const ways: { readonly at: BuildConfig; readonly names: readonly string[] }[] = [
    { at: config, names: [config.metadata.name ?? ""] },
  ];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const output = outputTagKey(way.at) ?? "";
    for (const { config: next, paused } of followers.get(output) ?? []) {
      const key = keyOf(refOf(next));
      const names = [...way.names, next.metadata.name ?? ""];
      if (paused) continue;
      if (key === start) return names;
      if (seen.has(key)) continue;
      seen.add(key);
      ways.push({ at: next, names });
    }
  }
  return undefined;
}
