/** Which claims pods use: those that they name, and those that are made for them alone. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Volume } from "../../../model/kinds/core/pod/volume.ts";
import { hasEnded } from "./pods.ts";

export function ephemeralClaimName(pod: Pod, volume: Volume): string {
  return `${pod.metadata.name ?? ""}-${volume.name}`;
}

/** As `namespace/name`. */
export function claimsOf(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const name =
      volume.ephemeral === undefined
        ? volume.persistentVolumeClaim?.claimName
        : ephemeralClaimName(pod, volume);
    return name === undefined ? [] : [`${pod.metadata.namespace ?? ""}/${name}`];
  });
}

/** Whether the pod has the volume mounted, or is about to. */
export function holdsVolumes(pod: Pod): boolean {
  return (pod.spec.nodeName ?? "") !== "" && !hasEnded(pod);
}
