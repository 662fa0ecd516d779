/** Which ended builds of a configuration are forgotten. Pure. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Build, BuildStatus } from "../../model/kinds/build/build/build.ts";
import type { BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import type { StreamOf } from "../../model/kinds/build/config-images.ts";
import { buildNumber } from "../../model/kinds/build/new-build.ts";
import { historyOf } from "../../model/kinds/image/tag-items.ts";
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
  const ofApp = good.find(({ metadata }) => metadata.labels?.[appLabel] !== undefined);
  return [...prunedGood.filter((build) => build !== ofApp && isInItsStream(build, streamOf)), ...prunedBad];
}

/** Until then the stream learns of the image by the build alone. */
function isInItsStream({ metadata, spec, status = {} }: Build, streamOf: StreamOf): boolean {
  const output = spec.output?.to;
  const to = output?.kind === "DockerImage" ? undefined : parseTagName(output?.name ?? "");
  if (to === undefined || isImageLost(status)) return true;
  const digest = status.output?.to?.imageDigest;
  const history = historyOf(streamOf(`${metadata.namespace}/${to.stream}`), to.tag);
  if (digest === undefined || history === undefined) return false;
  if (history.items.some(({ image }) => image === digest)) return true;
  // Pruned from the history, or dropped since that is full.
  const madeAt = Date.parse(status.completionTimestamp ?? "");
  const forgotten = [history.prunedBefore, history.items.at(-1)?.created];
  return forgotten.some((time) => time !== undefined && madeAt <= Date.parse(time));
}

function isImageLost({ conditions = [] }: BuildStatus): boolean {
  return conditions.some(({ type, reason }) => type === "Pushed" && reason === "ImageLost");
}
