/** What the lines of a pod are marked with. */

import { shortPodName } from "../../model/kinds/nagi/app/short-pod-name.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";

/** `web.x2x4q`, and `web.x2x4q/sidecar` of containers but the first. */
export function podSource(pod: Pod, container: string | undefined, app: string): string {
  const first = pod.spec.containers[0]?.name;
  const name = shortPodName(pod, app);
  return container === undefined || container === first ? name : `${name}/${container}`;
}
