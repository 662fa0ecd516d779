/** Apps that follow a tag of an image stream: which image that is, and whose streams wake which apps. */

import { currentItem } from "../../model/kinds/image/tag-items.ts";
import { parseTagName } from "../../model/kinds/image/tag-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { AppCaches } from "./app-caches.ts";
import type { FollowedImage } from "./release-plan.ts";

/** `namespace/stream` that the app follows a tag of. */
export function followedStreamKeys(object: KubeObject): string[] {
  const { metadata, spec } = object as App;
  const name = parseTagName(spec?.imageStreamTag ?? "");
  return name === undefined ? [] : [`${metadata.namespace}/${name.stream}`];
}

export function followedImage(app: App, caches: AppCaches): FollowedImage | undefined {
  const { namespace = "" } = app.metadata;
  const name = parseTagName(app.spec?.imageStreamTag ?? "");
  if (name === undefined) return undefined;
  const item = currentItem(caches.streams.get(`${namespace}/${name.stream}`), name.tag);
  if (item === undefined) return undefined;
  const { dockerImageReference: image, image: digest } = item;
  return { image, digest, build: caches.buildOf(namespace, digest) };
}
