/** Pods that gave way because the machine ran short. Others have taken their place, or wait until there is room. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Evidence, Finding } from "../evidence.ts";

export function isEvicted({ status }: Pod): boolean {
  return status?.phase === "Failed" && status.reason === "Evicted";
}

export function evictedPods({ pods, app }: Evidence): Finding[] {
  const evicted = pods.filter(isEvicted);
  const [newest] = evicted.toSorted((a, b) => startOf(b) - startOf(a));
  if (newest === undefined) return [];
  const count = `${evicted.length} pod${evicted.length === 1 ? "" : "s"}`;
  return [
    {
      cause: "Evicted",
      severity: "warning",
      text: `${count} of it gave way because the machine ran short`,
      evidence: [`${newest.metadata.name}: ${newest.status?.message ?? "Evicted"}`],
      next: [
        `nagi resize --app ${app.metadata.name}: ask for as much as it uses`,
        "see who uses most: kubectl top pods -A",
      ],
    },
  ];
}

function startOf({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}
