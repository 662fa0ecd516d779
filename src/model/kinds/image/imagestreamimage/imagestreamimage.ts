import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, type Infer } from "../../../schema.ts";
import { imageColumns } from "../image-columns.ts";
import { embeddedImage } from "../image-fields.ts";
import { parseImageName } from "../tag-names.ts";

const fields = { image: embeddedImage };
const schema = object("", fields);
export interface ImageStreamImage extends KubeObject, Infer<typeof schema> {}

export const imageStreamImage = defineKind<ImageStreamImage>({
  group: "image.openshift.io",
  version: "v1",
  kind: "ImageStreamImage",
  plural: "imagestreamimages",
  shortNames: ["isimage"],
  description: "One image that tags of a stream point or pointed at, named STREAM@DIGEST.",
  fields,
  verbs: ["get", "list"],
  checkName: (name) => (parseImageName(name) === undefined ? "must be STREAM@sha256:DIGEST" : undefined),
  columns: imageColumns,
  wholeTable: true,
});
