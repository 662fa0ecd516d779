/**
 * Which of a configuration's builds may run now, and which have become needless. Pure.
 *
 * What must stay true: builds of the policy Serial run one by one in the order of their numbers; of SerialLatestOnly
 * only the newest waits; Parallel ones wait for none but those of the other policies.
 */

import type { Build } from "../../model/kinds/build/build/build.ts";
import { buildNumber, policyLabel } from "../../model/kinds/build/new-build.ts";

export interface RunPlan {
  /** To become Pending. */
  readonly start: readonly Build[];
  /** To be cancelled, since a newer one does their work. */
  readonly supersede: readonly { readonly build: Build; readonly by: string }[];
}

export function planRuns(builds: readonly Build[]): RunPlan {
  const sorted = builds.toSorted((a, b) => buildNumber(a) - buildNumber(b));
  const active = sorted.filter(({ status }) => status?.phase === "Pending" || status?.phase === "Running");
  const waiting = sorted.filter(isWaiting);
  const latest = waiting.findLast((build) => policyOf(build) === "SerialLatestOnly");
  const superseded = waiting.filter((build) => policyOf(build) === "SerialLatestOnly" && build !== latest);
  const supersede = superseded.map((build) => ({ build, by: latest?.metadata.name ?? "" }));
  const start: Build[] = [];
  for (const build of waiting) {
    if (superseded.includes(build)) continue;
    const running = [...active, ...start];
    const isParallel = policyOf(build) === "Parallel";
    const others = isParallel ? running.filter((each) => policyOf(each) !== "Parallel") : running;
    if (others.length === 0) start.push(build);
    // Those behind a serial one keep their places.
    else if (!isParallel) break;
  }
  return { start, supersede };
}

function isWaiting({ status, metadata }: Build): boolean {
  const isNew = (status?.phase ?? "New") === "New" && status?.cancelled !== true;
  return isNew && metadata.deletionTimestamp === undefined;
}

function policyOf({ metadata }: Build): string {
  return metadata.labels?.[policyLabel] ?? "Serial";
}
