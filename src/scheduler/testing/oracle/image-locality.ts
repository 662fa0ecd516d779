/** ImageLocality: nodes that have the pod's images already, unless many nodes have them. */

import type { Node } from "./objects.ts";
import { absolute, type Rule } from "./world.ts";

const mebibyte = 1024 * 1024;
const smallest = 23 * mebibyte;
const largestPerContainer = 1000 * mebibyte;

export const imageLocality: Rule = {
  name: "ImageLocality",
  score: ({ spec }, fitting, { nodes }) => {
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const raw = fitting.map((node) => {
      const sum = containers.reduce((total, { image = "" }) => {
        const holders = nodes.filter((each) => sizeOf(image, each) !== undefined).length;
        return total + Math.trunc((sizeOf(image, node) ?? 0) * (holders / nodes.length));
      }, 0);
      const largest = largestPerContainer * containers.length;
      const bounded = Math.max(smallest, Math.min(largest, sum));
      return Math.trunc((100 * (bounded - smallest)) / (largest - smallest));
    });
    return absolute(raw);
  },
};

function sizeOf(image: string, { status }: Node): number | undefined {
  const name = image.lastIndexOf(":") > image.lastIndexOf("/") ? image : `${image}:latest`;
  return (status?.images ?? []).find(({ names = [] }) => names.includes(name))?.sizeBytes;
}
