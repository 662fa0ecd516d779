/**
 * Who last changed an app, its config vars or a build, as an annotation that nobody else can write: releases say who
 * made them. Parts of the platform change these too, on behalf of somebody; they leave it as it is.
 */

import type { UserInfo } from "../../../client/user.ts";
import { isJsonEqual, isJsonObject } from "../../../model/json.ts";
import { resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";

const authorAnnotation = "nagi.dev/created-by";
const platformUsers = "system:nagi:";
const authored: ReadonlySet<string> = new Set(["apps.nagi.dev", "builds.build.openshift.io", "secrets"]);
/** Of secrets, those with an app's config vars. */
const configSuffix = "-config";

/** Changes the fresh object. */
export function writeAuthor(
  kind: Kind,
  next: KubeObject,
  previous: KubeObject | undefined,
  user: UserInfo | undefined,
): void {
  if (user === undefined || user.username.startsWith(platformUsers) || !isAuthored(kind, next)) return;
  const { annotations = {} } = next.metadata;
  // Validation will say what is wrong with it.
  if (!isJsonObject(annotations)) return;
  const before = previous?.metadata.annotations?.[authorAnnotation];
  const changed = previous === undefined || !isJsonEqual(withoutAuthor(next), withoutAuthor(previous));
  const author = changed ? user.username : before;
  const { [authorAnnotation]: _given, ...others } = annotations;
  const wanted = author === undefined ? others : { ...others, [authorAnnotation]: author };
  if (next.metadata.annotations !== undefined || author !== undefined) next.metadata.annotations = wanted;
}

function isAuthored(kind: Kind, { metadata }: KubeObject): boolean {
  const resource = resourceName(kind);
  if (!authored.has(resource)) return false;
  return resource !== "secrets" || (metadata.name ?? "").endsWith(configSuffix);
}

function withoutAuthor(object: KubeObject): KubeObject {
  const { annotations, resourceVersion: _version, ...metadata } = object.metadata;
  const { [authorAnnotation]: _author, ...others } = annotations ?? {};
  return { ...object, metadata: { ...metadata, annotations: others } };
}
