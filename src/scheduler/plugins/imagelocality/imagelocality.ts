/**
 * Favours nodes that have the pod's images already, by their size; an image that few nodes have counts less, so that
 * pods do not all follow the first one.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import { fullImageName, type ImageColumn } from "../../snapshot/images.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";

const MEGABYTE = 1024 * 1024;
/** Images that are together smaller save too little to count. */
const MIN_BYTES = 23 * MEGABYTE;
/** Of each container: more counts no more. */
const MAX_BYTES = 1000 * MEGABYTE;

interface ImageState {
  /** One a container whose image is known of. */
  readonly columns: readonly ImageColumn[];
  readonly maxBytes: number;
}

export const imageLocality: Plugin<unknown, ImageState> = {
  name: "ImageLocality",
  shareKey: (pod) => imagesOf(pod).join(),
  preScore: (pod, cluster) => {
    const images = imagesOf(pod);
    const columns = images.flatMap((image) => cluster.imageColumn(image) ?? []);
    if (columns.every(({ count }) => count === 0)) return skip;
    return proceed({ columns, maxBytes: MAX_BYTES * images.length });
  },
  score: ({ columns, maxBytes }, row, { nodeCount }) => {
    let sum = 0;
    for (let index = 0; index < columns.length; index++) {
      const { sizes, count } = columns[index] as ImageColumn;
      sum += Math.trunc((sizes[row] ?? 0) * (count / nodeCount));
    }
    const counted = Math.min(maxBytes, Math.max(MIN_BYTES, sum));
    return Math.trunc((MAX_NODE_SCORE * (counted - MIN_BYTES)) / (maxBytes - MIN_BYTES));
  },
};

function imagesOf({ object: { spec } }: PodInfo): string[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ image = "" }) => fullImageName(image));
}
