/** Which ended builds of a configuration are forgotten. Pure. */

import type { Build } from "../../model/kinds/build/build/build.ts";
import type { BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import type { StreamOf } from "../../model/kinds/build/config-images.ts";
import { buildNumber } from "../../model/kinds/build/new-build.ts";
import { parseTagName } from "../../model/kinds/image/tag-names.ts";

const unsuccessful: ReadonlySet<string> = new Set(["Failed", "Error", "Cancelled"]);

/** The oldest beyond the limits; what others still have to learn of a build keeps it. */
export function plannedPrunes(config: BuildConfig, builds: readonly Build[], streamOf: StreamOf): Build[] {
  const { successfulBuildsHistoryLimit: goodMax, failedBuildsHistoryLimit: badMax } = config.spec;
  const newestFirst = builds.toSorted((a, b) => buildNumber(b) - buildNumber(a));
  const good = newestFirst.filter(({ status }) => status?.phase === "Complete");
  const bad = newestFirst.filter(({ status }) => unsuccessful.has(status?.phase ?? ""));
  const prunedGood = goodMax === undefined ? [] : good.slice(goodMax);
  const prunedBad = badMax === undefined ? [] : bad.slice(badMax);
  // An app's release tells how it is run by the build that made its image.
  const ofApp = good.find(({ metadata }) => metadata.labels?.["nagi.dev/app"] !== undefined);
  return [...prunedGood.filter((build) => build !== ofApp && isInItsStream(build, streamOf)), ...prunedBad];
}

/** Until then the stream learns of the image by the build alone. */
function isInItsStream({ metadata, spec, status }: Build, streamOf: StreamOf): boolean {
  const to = parseTagName(spec.output?.to?.name ?? "");
  if (to === undefined) return true;
  const pushed = status?.conditions?.find(({ type }) => type === "Pushed");
  if (pushed?.reason === "ImageLost") return true;
  const digest = status?.output?.to?.imageDigest;
  if (digest === undefined) return false;
  const tag = streamOf(`${metadata.namespace}/${to.stream}`)?.status?.tags?.find(
    (each) => each.tag === to.tag,
  );
  if (tag === undefined) return false;
  const madeAt = Date.parse(status?.completionTimestamp ?? "");
  const isForgotten = tag.prunedBefore !== undefined && madeAt <= Date.parse(tag.prunedBefore);
  // A full history has dropped it again.
  const oldest = tag.items.at(-1);
  const isOlder = oldest !== undefined && madeAt <= Date.parse(oldest.created);
  return isForgotten || isOlder || tag.items.some(({ image }) => image === digest);
}
