import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, type Infer } from "../../../schema.ts";
import { imageFields } from "../image-fields.ts";

const schema = object("", imageFields);
export interface Image extends KubeObject, Infer<typeof schema> {}

export const image = defineKind<Image>({
  group: "image.openshift.io",
  version: "v1",
  kind: "Image",
  plural: "images",
  namespaced: false,
  description: "An image that some stream's tags point or pointed at, named by its digest.",
  fields: imageFields,
  verbs: ["get", "list"],
  checkName: (name) => (/^sha256:[0-9a-f]{64}$/.test(name) ? undefined : "must be a digest, sha256:..."),
  columns: [
    {
      name: "Image Reference",
      type: "string",
      description: "The image, by digest.",
      value: ({ dockerImageReference }) => dockerImageReference ?? "",
    },
  ],
});
