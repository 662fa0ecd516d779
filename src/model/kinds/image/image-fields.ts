/** Fields that several kinds of images share. */

import { boolean, integer, map, object, oneOf, required, string } from "../../schema.ts";
import { objectMeta } from "../../meta.ts";
import { objectReference } from "../core/references.ts";

export const api = "com.github.openshift.api.image.v1";

export const importPolicy = object(
  "How the image is imported.",
  {
    insecure: boolean("Whether the registry may be without TLS."),
    scheduled: boolean("Whether it is imported again from time to time."),
    importMode: string("Whether all platforms of the image are imported."),
    intervalSeconds: integer("How often a scheduled import looks; 900 when absent. Nagi's own field.", {
      min: 1,
    }),
  },
  { name: `${api}.TagImportPolicy` },
);

export const referencePolicy = object(
  "How users of the tag reach the image.",
  { type: oneOf(["Source", "Local"], "At its source, or through the own registry.") },
  { name: `${api}.TagReferencePolicy` },
);

export const lookupPolicy = object(
  "Whether pods may use the stream's name as an image.",
  { local: boolean("Whether names of this namespace's streams are looked up.", { default: false }) },
  { name: `${api}.ImageLookupPolicy` },
);

export const tagReference = object(
  "A tag that should exist.",
  {
    name: required(string("Name of the tag.")),
    annotations: map(string("Value."), "Notes."),
    from: objectReference,
    reference: boolean("Whether the tag only names the image, without importing it."),
    generation: integer("Counts the changes of the tag."),
    importPolicy,
    referencePolicy,
  },
  { name: `${api}.TagReference` },
);

/** An image as tags show it; what is in it, the registry says. */
export const imageFields = {
  dockerImageReference: string("The image, by digest."),
  dockerImageMediaType: string("Form of the manifest."),
};

export const embeddedImage = object("The image.", { metadata: objectMeta, ...imageFields });
