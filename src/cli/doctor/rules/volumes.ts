/** Volumes that hold more than they should. */

import { sizeCell } from "../../../model/cells.ts";
import { isOverItsSize, overText } from "../../../model/volume-use.ts";
import type { Evidence, Finding } from "../evidence.ts";

/** Of its size: soon it is more. */
const nearlyFull = 0.9;

export function fullVolumes({ app, volumes }: Evidence): Finding[] {
  return volumes
    .filter(({ usedBytes, sizeBytes }) => usedBytes > sizeBytes * nearlyFull)
    .map(({ claim, path, usedBytes, sizeBytes }) => {
      const isOver = isOverItsSize(usedBytes, sizeBytes);
      return {
        cause: isOver ? "VolumeOverItsSize" : "VolumeNearlyFull",
        severity: isOver ? "warning" : "note",
        text: `volume ${claim} ${isOver ? overText(usedBytes, sizeBytes) : `holds ${sizeCell(usedBytes)} of ${sizeCell(sizeBytes)}`}`,
        evidence: [],
        next: [
          `nagi exec --app ${app.metadata.name} -- du -h -d 2 ${path}`,
          `Remove files, or make a larger one of it: nagi volumes snapshot ${claim} SNAPSHOT, nagi volumes restore SNAPSHOT NAME --size SIZE`,
        ],
      };
    });
}
