/** Rules of builds and build configurations, as OpenShift has them where it has them. */

import { forbidden, invalid, invalidIf, notSupported, required, type FieldError } from "../../field-error.ts";
import type { ObjectMeta } from "../../meta.ts";
import type { Infer } from "../../schema.ts";
import { variableErrors } from "../core/pod/validate-env.ts";
import { resourceErrors } from "../core/validate-resources.ts";
import type { objectReference } from "../core/references.ts";
import { parseImageReference } from "../image/image-reference.ts";
import { parseImageName, parseTagName } from "../image/tag-names.ts";
import type { BuildCommonSpec } from "./build-spec.ts";
import type { BuildSource } from "./build-source.ts";
import { strategyFields, strategyFrom, type BuildStrategy } from "./build-strategy.ts";

/** Namespace whose image streams all may build on. */
export const sharedNamespace = "openshift";

const dockerfileMaxBytes = 60_000;

type Reference = Infer<typeof objectReference>;

export function buildSpecErrors(spec: BuildCommonSpec, { namespace = "" }: ObjectMeta): FieldError[] {
  const { source, strategy, output, postCommit, resources } = spec;
  return [
    ...sourceErrors(source ?? {}, namespace),
    ...strategyErrors(strategy, namespace),
    ...outputErrors(output?.to, namespace),
    ...(output?.pushSecret !== undefined && (output.pushSecret.name ?? "") === ""
      ? [required("spec.output.pushSecret.name")]
      : []),
    ...(output?.imageLabels ?? []).flatMap(({ name }, index) =>
      name === "" ? [required(`spec.output.imageLabels[${index}].name`)] : [],
    ),
    ...resourceErrors(resources, "spec.resources"),
    ...postCommitErrors(postCommit ?? {}),
  ];
}

/** What a path within the source may be. */
function relativePathError(path: string | undefined, field: string): FieldError[] {
  if (path === undefined || path === "") return [];
  const leaves = path.startsWith("/") || path.split("/").includes("..");
  return leaves ? [invalid(field, path, "must be a relative path without '..'")] : [];
}

function sourceErrors(source: BuildSource, namespace: string): FieldError[] {
  const {
    git,
    binary,
    dockerfile,
    contextDir,
    sourceSecret,
    images = [],
    secrets = [],
    configMaps = [],
  } = source;
  const at = "spec.source";
  const errors = [...relativePathError(contextDir, `${at}.contextDir`)];
  if (git !== undefined && binary !== undefined) {
    errors.push(invalid(`${at}.binary`, "", "may not be set when git is also set"));
  }
  if (git?.uri.trim() === "") errors.push(required(`${at}.git.uri`));
  if (dockerfile !== undefined && Buffer.byteLength(dockerfile) > dockerfileMaxBytes) {
    errors.push(invalid(`${at}.dockerfile`, "", `must be smaller than ${dockerfileMaxBytes / 1000} kB`));
  }
  if (sourceSecret !== undefined && (sourceSecret.name ?? "") === "") {
    errors.push(required(`${at}.sourceSecret.name`));
  }
  for (const [index, { secret, destinationDir }] of secrets.entries()) {
    if ((secret.name ?? "") === "") errors.push(required(`${at}.secrets[${index}].secret.name`));
    errors.push(...relativePathError(destinationDir, `${at}.secrets[${index}].destinationDir`));
  }
  for (const [index, { configMap, destinationDir }] of configMaps.entries()) {
    if ((configMap.name ?? "") === "") errors.push(required(`${at}.configMaps[${index}].configMap.name`));
    errors.push(...relativePathError(destinationDir, `${at}.configMaps[${index}].destinationDir`));
  }
  return [
    ...errors,
    ...images.flatMap((image, index) => imageErrors(image, `${at}.images[${index}]`, namespace)),
  ];
}

type ImageSource = NonNullable<BuildSource["images"]>[number];

function imageErrors(
  { from, as = [], paths = [] }: ImageSource,
  at: string,
  namespace: string,
): FieldError[] {
  const errors = imageReferenceErrors(from, `${at}.from`, namespace);
  if (as.length === 0 && paths.length === 0)
    errors.push(required(`${at}.paths`, "paths or as must say what the image is for"));
  for (const [index, { sourcePath, destinationDir }] of paths.entries()) {
    const path = `${at}.paths[${index}]`;
    if (!sourcePath.startsWith("/"))
      errors.push(invalid(`${path}.sourcePath`, sourcePath, "must be an absolute path"));
    errors.push(...relativePathError(destinationDir, `${path}.destinationDir`));
  }
  return errors;
}

const imageKinds = ["ImageStreamTag", "ImageStreamImage", "DockerImage"];

/** Of an image that a build reads. */
export function imageReferenceErrors(from: Reference, at: string, namespace: string): FieldError[] {
  const { kind = "", name = "", namespace: other = namespace } = from;
  if (kind === "") return [required(`${at}.kind`, `must be one of ${imageKinds.join(", ")}`)];
  if (!imageKinds.includes(kind)) return [notSupported(`${at}.kind`, kind, imageKinds)];
  if (name === "") return [required(`${at}.name`)];
  if (kind === "DockerImage") {
    return /\s/.test(name)
      ? [
          invalid(
            `${at}.name`,
            name,
            "must be the reference of an image, for instance docker.io/library/debian:13",
          ),
        ]
      : [];
  }
  if (other !== namespace && other !== sharedNamespace) {
    return [
      forbidden(
        `${at}.namespace`,
        `images are taken from the build's own namespace or from ${sharedNamespace}`,
      ),
    ];
  }
  const isTag = kind === "ImageStreamTag";
  const isName = (isTag ? parseTagName(name) : parseImageName(name)) !== undefined;
  const form = isTag ? "must be STREAM:TAG, for instance ruby:3" : "must be STREAM@sha256:DIGEST";
  return isName ? [] : [invalid(`${at}.name`, name, form)];
}

function strategyErrors(strategy: BuildStrategy, namespace: string): FieldError[] {
  const at = "spec.strategy";
  const { type } = strategy;
  const given = Object.values(strategyFields).filter((field) => strategy[field] !== undefined);
  const all = Object.values(strategyFields).join(", ");
  if (given.length > 1) return [invalid(at, given, `must have exactly one of ${all}`)];
  if (type === undefined) return [required(at, `must have exactly one of ${all}`)];
  if (type === "JenkinsPipeline") {
    return [notSupported(`${at}.type`, type, Object.keys(strategyFields))];
  }
  const [field] = given;
  if (field !== undefined && field !== strategyFields[type]) {
    return [invalid(`${at}.type`, type, `does not fit ${field}`)];
  }
  if (field !== undefined) return settingsErrors(strategy, field, namespace);
  const isEnough = type === "Docker" || type === "Nagi";
  return isEnough ? [] : [required(`${at}.${strategyFields[type]}`)];
}

type StrategyField = (typeof strategyFields)[keyof typeof strategyFields];

function settingsErrors(strategy: BuildStrategy, field: StrategyField, namespace: string): FieldError[] {
  const at = `spec.strategy.${field}`;
  const { dockerfilePath, buildArgs = [] } = strategy.dockerStrategy ?? {};
  const from = strategyFrom(strategy);
  return [
    ...(from === undefined ? [] : imageReferenceErrors(from, `${at}.from`, namespace)),
    ...(strategy[field]?.env ?? []).flatMap((each, index) => variableErrors(each, `${at}.env[${index}]`)),
    ...relativePathError(dockerfilePath, `${at}.dockerfilePath`),
    ...buildArgs.flatMap(({ name }, index) =>
      name === "" ? [required(`${at}.buildArgs[${index}].name`)] : [],
    ),
    ...customErrors(strategy.customStrategy),
  ];
}

function customErrors(custom: BuildStrategy["customStrategy"]): FieldError[] {
  const at = "spec.strategy.customStrategy";
  const errors = (custom?.secrets ?? []).flatMap(({ secretSource, mountPath }, index) => [
    ...((secretSource.name ?? "") === "" ? [required(`${at}.secrets[${index}].secretSource.name`)] : []),
    ...invalidIf(
      mountPath.startsWith("/") ? undefined : "must be an absolute path",
      `${at}.secrets[${index}].mountPath`,
      mountPath,
    ),
  ]);
  if (custom?.exposeDockerSocket !== true) return errors;
  const why =
    "the engine's socket is the whole machine, so no build gets it: leave the image in $OUTPUT_DIR instead";
  return [...errors, forbidden(`${at}.exposeDockerSocket`, why)];
}

function outputErrors(to: Reference | undefined, namespace: string): FieldError[] {
  if (to === undefined) return [];
  const { kind = "ImageStreamTag", name = "", namespace: other = namespace } = to;
  const at = "spec.output.to";
  if (kind === "DockerImage") return dockerOutputErrors(to, at);
  if (kind !== "ImageStreamTag") return [notSupported(`${at}.kind`, kind, ["ImageStreamTag", "DockerImage"])];
  if (other !== namespace) return [invalid(`${at}.namespace`, other, "must be the build's own namespace")];
  if (name === "") return [required(`${at}.name`)];
  return invalidIf(
    parseTagName(name) === undefined ? "must be STREAM:TAG, for instance shop:latest" : undefined,
    `${at}.name`,
    name,
  );
}

function dockerOutputErrors({ name = "", namespace }: Reference, at: string): FieldError[] {
  if (namespace !== undefined && namespace !== "")
    return [invalid(`${at}.namespace`, namespace, "may not be set for an image of another registry")];
  if (name === "") return [required(`${at}.name`)];
  return invalidIf(
    parseImageReference(name) === undefined
      ? "must be REGISTRY/PATH:TAG, for instance registry.example.com/team/shop:latest"
      : undefined,
    `${at}.name`,
    name,
  );
}

function postCommitErrors({
  command = [],
  script = "",
}: NonNullable<BuildCommonSpec["postCommit"]>): FieldError[] {
  if (command.length === 0 || script === "") return [];
  return [invalid("spec.postCommit", { command, script }, "cannot use command and script together")];
}
