/** The class that objects get which name none. */

import type { KubeObject } from "../../../model/meta.ts";
import type { Store } from "../../store/store.ts";

/** Its name; of the newest, should there be several. */
export function defaultClass(
  store: Store,
  resource: string,
  isDefault: (object: KubeObject) => boolean,
): string | undefined {
  const { entries } = store.list(resource);
  const classes = entries.map(({ value }) => value).filter(isDefault);
  const created = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? "";
  return classes.toSorted((a, b) => (created(a) < created(b) ? 1 : -1))[0]?.metadata.name;
}
