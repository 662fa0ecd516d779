/** What the claims of a pod would get on one node. */

import type { Bindings } from "./assumed.ts";
import type { Candidate } from "./candidates.ts";
import type { PodClaims, UnboundClaim } from "./pod-claims.ts";

/** Bits of what a node lacks. */
export const lacks = { reach: 1, volumes: 2, boundVolume: 4 } as const;

export interface FoundVolume {
  readonly claim: UnboundClaim;
  readonly volume: Candidate;
}

/** What the node lacks, 0 for nothing; `found` collects what would be bound. */
export function judgeNode(
  { bound, unbound, bySize }: PodClaims,
  { row, nodeName }: { readonly row: number; readonly nodeName: string },
  found?: { readonly volumes: FoundVolume[]; readonly made: UnboundClaim[] },
): number {
  let detail = 0;
  for (const { volume } of bound) {
    if (volume === undefined) detail = lacks.boundVolume;
    else if (!volume.isReachable(row)) detail = lacks.reach;
    if (detail !== 0) break;
  }
  if (unbound.length === 0) return detail;
  for (const claim of unbound) {
    if (claim.selectedNode !== undefined && claim.selectedNode !== nodeName) return detail | lacks.volumes;
  }
  const chosen = new Set<string>();
  for (const claim of bySize) {
    const volume = claim.selectedNode === undefined ? claim.candidates.best(row, chosen) : undefined;
    if (volume !== undefined) {
      chosen.add(volume.name);
      found?.volumes.push({ claim, volume });
    } else if (claim.canBeMade(row)) found?.made.push(claim);
    else return detail | lacks.volumes;
  }
  return detail;
}

/** What is to be bound and made when the pod goes to the node. */
export function bindingsOn(
  claims: PodClaims,
  at: { readonly row: number; readonly nodeName: string },
): Bindings | undefined {
  const found = { volumes: [] as FoundVolume[], made: [] as UnboundClaim[] };
  if (judgeNode(claims, at, found) !== 0) return undefined;
  return {
    volumes: new Map(found.volumes.map(({ claim, volume }) => [claim.key, volume.name])),
    provisions: new Set(found.made.map(({ key }) => key)),
  };
}
