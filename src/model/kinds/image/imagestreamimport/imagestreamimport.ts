import { defineKind } from "../../../define.ts";
import type { FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, object, required, string, type Infer } from "../../../schema.ts";
import { objectReference, localObjectReference } from "../../core/references.ts";
import { api, embeddedImage, importPolicy, referencePolicy } from "../image-fields.ts";
import { parseTagName } from "../tag-names.ts";

const imageImport = object(
  "An image that is wanted.",
  {
    from: required(objectReference),
    to: localObjectReference,
    importPolicy,
    referencePolicy,
    includeManifest: boolean("Taken, and not acted upon."),
  },
  { name: `${api}.ImageImportSpec` },
);

const imageImportStatus = object(
  "What became of one image.",
  {
    status: object("Success, or why not.", {
      status: string("Success or Failure."),
      message: string("Why not."),
      reason: string("Why not, in one word."),
    }),
    image: embeddedImage,
    tag: string("Tag that points at it."),
  },
  { name: `${api}.ImageImportStatus` },
);

const fields = {
  spec: required(
    object(
      "What is to be imported.",
      {
        import: required(boolean("Whether to import; only looking is not offered.")),
        images: array(imageImport, "The images."),
        repository: object("All tags of a repository; not offered.", { from: objectReference }),
      },
      { name: `${api}.ImageStreamImportSpec` },
    ),
  ),
  status: object(
    "What became of it.",
    {
      import: object("The stream afterwards.", {}, { preserveUnknown: true }),
      images: array(imageImportStatus, "The images, in the order of the spec."),
    },
    { name: `${api}.ImageStreamImportStatus` },
  ),
};
const schema = object("", fields);
export interface ImageStreamImport extends KubeObject, Infer<typeof schema> {}

/** The tag that an image is imported to: the one that is named, else that of the image. */
export function importedTag({ from, to }: NonNullable<ImageStreamImport["spec"]["images"]>[number]): string {
  const last = from.name?.slice(from.name.lastIndexOf("/") + 1) ?? "";
  const own = last.includes("@") ? undefined : last.split(":")[1];
  return to?.name ?? own ?? "latest";
}

function importErrors({ spec }: ImageStreamImport): FieldError[] {
  const errors: FieldError[] = [];
  const unsupported = (path: string, value: unknown, detail: string): void =>
    void errors.push({ type: "NotSupported", path, value, detail });
  if (!spec.import)
    unsupported("spec.import", false, "supported values: true; to look at an image: skopeo inspect");
  if (spec.repository !== undefined)
    unsupported(
      "spec.repository",
      spec.repository.from?.name ?? "",
      "name the tags one by one in spec.images",
    );
  for (const [index, each] of (spec.images ?? []).entries()) {
    const path = `spec.images[${index}]`;
    const { kind = "DockerImage", name = "" } = each.from;
    if (kind !== "DockerImage") unsupported(`${path}.from.kind`, kind, 'supported values: "DockerImage"');
    if (name === "")
      errors.push({ type: "Required", path: `${path}.from.name`, detail: "the image to import" });
    const tag = importedTag(each);
    if (parseTagName(`a:${tag}`) === undefined)
      errors.push({ type: "Invalid", path: `${path}.to.name`, value: tag, detail: "is no name of a tag" });
  }
  if (spec.repository === undefined && (spec.images ?? []).length === 0)
    errors.push({ type: "Required", path: "spec.images", detail: "at least one image to import" });
  return errors;
}

export const imageStreamImport = defineKind<ImageStreamImport>({
  group: "image.openshift.io",
  version: "v1",
  kind: "ImageStreamImport",
  plural: "imagestreamimports",
  description:
    "Imports images into a stream, as oc import-image asks for it. Answered when they are there; not stored.",
  fields,
  verbs: ["create"],
  validate: importErrors,
});
