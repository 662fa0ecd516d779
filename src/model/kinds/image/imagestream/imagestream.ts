import { defineKind } from "../../../define.ts";
import { listCell } from "../../../cells.ts";
import { duplicates } from "../../../field-error.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, object, required, string, time, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";
import { api, lookupPolicy, tagReference } from "../image-fields.ts";

const tagEvent = object(
  "An image that the tag pointed at.",
  {
    created: required(time("When the tag was moved there.")),
    dockerImageReference: required(string("The image, by digest.")),
    image: required(string("Digest of the image.")),
    generation: required(integer("Generation of the tag.")),
  },
  { name: `${api}.TagEvent` },
);

const namedTagEventList = object(
  "A tag and where it pointed, newest first.",
  {
    tag: required(string("Name of the tag.")),
    items: required(array(tagEvent, "Images, newest first.")),
    conditions: array(condition, "Aspects of the tag: ImportSuccess.", { mergeKey: "type" }),
    prunedBefore: time("Older images of the tag have been forgotten; Nagi's own field."),
    appliedSource: string("What of the tag in the spec has been carried out; Nagi's own field."),
  },
  { name: `${api}.NamedTagEventList` },
);

const fields = {
  spec: object(
    "Which tags should exist.",
    {
      lookupPolicy,
      dockerImageRepository: string("Repository that all tags are taken from."),
      tags: array(tagReference, "Tags that should exist.", { mergeKey: "name" }),
    },
    { name: `${api}.ImageStreamSpec` },
  ),
  status: object(
    "Where the tags point.",
    {
      dockerImageRepository: string("Repository of the stream in the registry."),
      publicDockerImageRepository: string("The same, as seen from outside."),
      tags: array(namedTagEventList, "Tags and where they pointed.", { mergeKey: "tag" }),
    },
    { name: `${api}.ImageStreamStatus` },
  ),
};
const schema = object("", fields);
export interface ImageStream extends KubeObject, Infer<typeof schema> {}

const tagsShownMax = 3;

/** Those that point somewhere, newest first, then those that only should. */
function tagsOf({ spec, status }: ImageStream): string[] {
  const pointing = (status?.tags ?? [])
    .filter(({ items }) => items.length > 0)
    .toSorted((a, b) => Date.parse(b.items[0]?.created ?? "") - Date.parse(a.items[0]?.created ?? ""));
  return [...new Set([...pointing.map(({ tag }) => tag), ...(spec?.tags ?? []).map(({ name }) => name)])];
}

export const imageStream = defineKind<ImageStream>({
  group: "image.openshift.io",
  version: "v1",
  kind: "ImageStream",
  plural: "imagestreams",
  shortNames: ["is"],
  categories: ["all"],
  description:
    "Names for images that move like git branches: each tag points at an image and remembers the past.",
  fields,
  columns: [
    {
      name: "Image Repository",
      type: "string",
      description: "Repository of the stream.",
      value: ({ status }) => status?.publicDockerImageRepository ?? status?.dockerImageRepository ?? "",
    },
    {
      name: "Tags",
      type: "string",
      description: "Tags of the stream.",
      value: (stream) => {
        const tags = tagsOf(stream);
        return tags.length === 0 ? "" : listCell(tags, tagsShownMax);
      },
    },
    {
      name: "Updated",
      type: "string",
      description: "When a tag was last moved.",
      value: ({ status }, { nowMs }) => {
        const moved = (status?.tags ?? []).flatMap(({ items }) =>
          items.slice(0, 1).map(({ created }) => created),
        );
        const last = moved.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
        return last === undefined ? "" : `${ageText(last, nowMs)} ago`;
      },
    },
  ],
  validate: ({ spec }) =>
    duplicates(
      (spec?.tags ?? []).map(({ name }) => name),
      (index) => `spec.tags[${index}].name`,
    ),
});
