/** Volumes that hold more than they should. */

import { sizeCell } from "../../../model/cells.ts";
import type { Evidence, Finding } from "../evidence.ts";

/** Of its size: soon it is more. */
const nearlyFull = 0.9;

export function fullVolumes({ app, volumes }: Evidence): Finding[] {
  return volumes
    .filter(({ usedBytes, sizeBytes }) => usedBytes > sizeBytes * nearlyFull)
    .map(({ claim, usedBytes, sizeBytes }) => {
      const isOver = usedBytes > sizeBytes;
      return {
        cause: isOver ? "VolumeOverItsSize" : "VolumeNearlyFull",
        severity: isOver ? "warning" : "note",
        text: `volume ${claim} holds ${sizeCell(usedBytes)} of ${sizeCell(sizeBytes)}${isOver ? ": its size is not enforced, and what is beyond it is taken from the machine's disk" : ""}`,
        evidence: [],
        next: [
          `nagi exec --app ${app.metadata.name} -- df -h`,
          `Remove files, or make a larger one of it: nagi volumes snapshot ${claim} SNAPSHOT, nagi volumes restore SNAPSHOT NAME --size SIZE`,
        ],
      };
    });
}
