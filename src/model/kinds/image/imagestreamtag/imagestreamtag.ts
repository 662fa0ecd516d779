import { defineKind } from "../../../define.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, object, type Infer } from "../../../schema.ts";
import { imageColumns } from "../image-columns.ts";
import { embeddedImage, lookupPolicy, tagReference } from "../image-fields.ts";
import { checkTagName, parseTagName } from "../tag-names.ts";

const fields = {
  tag: tagReference,
  generation: integer("Counts the changes of the tag."),
  lookupPolicy,
  conditions: array(condition, "Aspects of the tag: ImportSuccess.", { mergeKey: "type" }),
  image: embeddedImage,
};
const schema = object("", fields);
export interface ImageStreamTag extends KubeObject, Infer<typeof schema> {}

export const imageStreamTag = defineKind<ImageStreamTag>({
  group: "image.openshift.io",
  version: "v1",
  kind: "ImageStreamTag",
  plural: "imagestreamtags",
  shortNames: ["istag"],
  description: "One tag of an image stream, named STREAM:TAG, as an object of its own. Kept in the stream.",
  fields,
  // What is seen in other objects has no history of its own to watch: the stream is watched.
  verbs: ["create", "delete", "get", "list", "patch", "update"],
  checkName: checkTagName,
  // The tag is named by the object; oc leaves the name out.
  applyDefaults: ({ metadata, tag }) => {
    if (tag !== undefined) tag.name = parseTagName(metadata.name ?? "")?.tag ?? tag.name;
  },
  columns: imageColumns,
  wholeTable: true,
});
