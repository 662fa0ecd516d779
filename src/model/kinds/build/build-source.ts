/** Where a build's source comes from. */

import { array, object, oneOf, required, string, type Infer } from "../../schema.ts";
import { localObjectReference, objectReference } from "../core/references.ts";

const api = "com.github.openshift.api.build.v1";

const gitSource = object(
  "A git repository.",
  {
    uri: required(string("Address of the repository.")),
    ref: string("Branch, tag or commit; the default branch when absent."),
    httpProxy: string("Proxy for HTTP."),
    httpsProxy: string("Proxy for HTTPS."),
    noProxy: string("Hosts that are reached without a proxy."),
  },
  { name: `${api}.GitBuildSource` },
);

const binarySource = object(
  "Source that is sent in when the build is started.",
  { asFile: string("Of a build: id of the archive in the source store.") },
  { name: `${api}.BinaryBuildSource` },
);

const imageSourcePath = object(
  "What is copied out of an image.",
  {
    sourcePath: required(string("Absolute path in the image; of a directory that ends with /. its content.")),
    destinationDir: required(string("Directory of the source that it goes to.")),
  },
  { name: `${api}.ImageSourcePath` },
);

const imageSource = object(
  "An image whose files become a part of the source, or that stands for images the Dockerfile names.",
  {
    from: required(objectReference),
    as: array(string("Name."), "Names of the Dockerfile's FROM and COPY --from that mean this image."),
    paths: array(imageSourcePath, "What is copied into the source."),
    pullSecret: localObjectReference,
  },
  { name: `${api}.ImageSource` },
);

const destinationDir = string("Directory of the source that its entries are put in; its root when absent.");

const secretSource = object(
  "A Secret whose entries are files of the source.",
  { secret: required(localObjectReference), destinationDir },
  { name: `${api}.SecretBuildSource` },
);

const configMapSource = object(
  "A ConfigMap whose entries are files of the source.",
  { configMap: required(localObjectReference), destinationDir },
  { name: `${api}.ConfigMapBuildSource` },
);

export const buildSource = object(
  "Where the source comes from.",
  {
    type: oneOf(["Binary", "Git", "Dockerfile", "Image", "None"], "Kind of source."),
    binary: binarySource,
    dockerfile: string("Text of a Dockerfile, used instead of the source's own."),
    git: gitSource,
    images: array(imageSource, "Images whose files become a part of the source."),
    contextDir: string("Directory of the source that is built; its root when absent."),
    sourceSecret: localObjectReference,
    secrets: array(secretSource, "Secrets whose entries are files of the source."),
    configMaps: array(configMapSource, "ConfigMaps whose entries are files of the source."),
  },
  { name: `${api}.BuildSource` },
);

export type BuildSource = Infer<typeof buildSource>;

/** As OpenShift tells it from what is given. */
export function sourceTypeOf(source: BuildSource | undefined): BuildSource["type"] {
  if (source?.git !== undefined) return "Git";
  if (source?.binary !== undefined) return "Binary";
  if (source?.dockerfile !== undefined) return "Dockerfile";
  return (source?.images ?? []).length > 0 ? "Image" : undefined;
}
