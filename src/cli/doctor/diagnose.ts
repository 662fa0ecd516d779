/** From evidence to findings, the likeliest cause first. Pure. */

import type { Evidence, Finding, Rule, Severity } from "./evidence.ts";
import { failingBackups } from "./rules/backups.ts";
import { failedRuns, isEndedRun } from "./rules/cron.ts";
import { evictedPods, isEvicted } from "./rules/evicted.ts";
import { sickNodes } from "./rules/nodes.ts";
import { cannotStart, crashes, missingImages, notReady, pendingPods } from "./rules/pods.ts";
import {
  badCertificates,
  errorsAndWaits,
  inMaintenance,
  noAnswer,
  noWeb,
  refusedRoutes,
  scaledToZero,
  unresolvedHosts,
} from "./rules/reach.ts";
import { failedBuild, failedRelease, notDeployed } from "./rules/releases.ts";
import { busyMachine, queueing, starved } from "./rules/slow.ts";
import { fullVolumes } from "./rules/volumes.ts";

/** What comes earlier explains what comes later: a node that is down, its pods; pods that crash, the router's errors. */
const rules: readonly Rule[] = [
  sickNodes,
  fullVolumes,
  notDeployed,
  pendingPods,
  missingImages,
  cannotStart,
  crashes,
  notReady,
  scaledToZero,
  failedRelease,
  failedBuild,
  refusedRoutes,
  inMaintenance,
  noAnswer,
  badCertificates,
  starved,
  queueing,
  busyMachine,
  errorsAndWaits,
  unresolvedHosts,
  noWeb,
  failingBackups,
];

const order: readonly Severity[] = ["error", "warning", "note"];

export function diagnose(evidence: Evidence): Finding[] {
  // They have ended and come back under other names: nothing else is wrong with them.
  const others = evidence.pods.filter((pod) => !isEvicted(pod));
  const lasting = { ...evidence, pods: others.filter((pod) => !isEndedRun(pod)) };
  const found = [
    ...evictedPods(evidence),
    ...rules.flatMap((rule) => rule(lasting)),
    ...failedRuns({ ...evidence, pods: others }),
  ];
  return found.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
