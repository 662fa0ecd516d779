/** The columns that the kinds seen in image streams share: those of oc. */

import type { Column } from "../../kind.ts";
import type { KubeObject } from "../../meta.ts";
import { ageText } from "../../table.ts";

interface Shown extends KubeObject {
  readonly image?: { readonly dockerImageReference?: string | undefined } | undefined;
}

export const imageColumns: readonly Column<Shown>[] = [
  {
    name: "Name",
    type: "string",
    format: "name",
    description: "Name of the stream and what of it is meant.",
    value: ({ metadata }) => metadata.name ?? "",
  },
  {
    name: "Image Reference",
    type: "string",
    description: "The image, by digest.",
    value: ({ image }) => image?.dockerImageReference ?? "",
  },
  {
    name: "Updated",
    type: "string",
    description: "When the tag was moved there.",
    value: ({ metadata, image }, { nowMs }) =>
      image === undefined ? "" : `${ageText(metadata.creationTimestamp, nowMs)} ago`,
  },
];
