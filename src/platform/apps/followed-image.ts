/** The image of the tag that an app follows. */

import { currentItem } from "../../model/kinds/image/tag-items.ts";
import { parseTagName } from "../../model/kinds/image/tag-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { AppCaches } from "./app-caches.ts";
import type { FollowedImage } from "./release-content.ts";

export function followedImage(app: App, caches: AppCaches): FollowedImage | undefined {
  const { namespace = "" } = app.metadata;
  const name = parseTagName(app.spec?.imageStreamTag ?? "");
  if (name === undefined) return undefined;
  const item = currentItem(caches.streams.get(`${namespace}/${name.stream}`), name.tag);
  if (item === undefined) return undefined;
  const { dockerImageReference: image, image: digest } = item;
  return { image, digest, build: caches.buildOf(namespace, digest) };
}
