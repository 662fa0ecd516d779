import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, boolean, integer, object, oneOf, string, time, type Infer } from "../../../schema.ts";

/** Set by whoever needs the image: platforms that are made on demand are made then. */
export const wantedAnnotation = "nagi.dev/wanted-at";

const platformSpec = object(
  "What the base image should be.",
  {
    recipe: string("Name of a recipe that comes with Nagi; the platform's name when absent."),
    image: string("Image to use, instead of making one."),
    packages: array(string("Name."), "Further Debian packages.", { mergeKey: "" }),
    suite: string("Debian release that the packages are of."),
    mirror: string("Address of the Debian mirror."),
    disabled: boolean("Whether builds may not use the platform."),
  },
  { name: "dev.nagi.v1.PlatformSpec" },
);

const platformStatus = object(
  "What the platform is, as last seen.",
  {
    phase: oneOf(["Pending", "Building", "Ready", "Failed"], "How far the base image is."),
    message: string("Why it is in this phase."),
    image: string("The base image."),
    language: string("Language whose apps are built on it; its own name when absent."),
    recipeHash: string("Hash of what the image was made from."),
    sizeBytes: integer("Size of the image."),
    builtAt: time("When the image was made."),
    versions: array(
      object(
        "A program of the image.",
        { name: string("Name."), version: string("Version.") },
        { name: "dev.nagi.v1.PlatformProgram" },
      ),
      "Programs of the image that apps care about.",
      { mergeKey: "name" },
    ),
    conditions: array(condition, "Aspects of the platform.", { mergeKey: "type" }),
  },
  { name: "dev.nagi.v1.PlatformStatus" },
);

const fields = { spec: platformSpec, status: platformStatus };
const schema = object("", fields);
export interface Platform extends KubeObject, Infer<typeof schema> {}

export const platform = defineKind<Platform>({
  group: "nagi.dev",
  version: "v1",
  kind: "Platform",
  plural: "platforms",
  namespaced: false,
  description: "A base image that apps are built on.",
  fields,
  columns: [
    {
      name: "Status",
      type: "string",
      description: "How far the base image is.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    {
      name: "Versions",
      type: "string",
      description: "Programs that apps care about.",
      value: ({ status }) =>
        (status?.versions ?? []).map(({ name, version }) => `${name} ${version}`).join(", "),
    },
    {
      name: "Image",
      type: "string",
      priority: 1,
      description: "The base image.",
      value: ({ status }) => orNone(status?.image),
    },
    {
      name: "Size",
      type: "string",
      priority: 1,
      description: "Size of the image.",
      value: ({ status }) =>
        status?.sizeBytes === undefined ? "<none>" : `${Math.round(status.sizeBytes / 1_000_000)} MB`,
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
  initialStatus: () => ({ phase: "Pending" }),
});
