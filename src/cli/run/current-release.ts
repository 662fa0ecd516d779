/** What a one-off command of an app runs in. */

import type { Client } from "../../client/client.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";

/** The one that serves, whatever else runs beside it; the newest while none has served. */
export async function currentRelease(
  client: Client,
  { metadata, status }: App,
): Promise<Release | undefined> {
  const { namespace, name } = metadata;
  const { items } = await client.list(release, { namespace, labelSelector: `${appLabel}=${name}` });
  const serving = items.find((each) => each.metadata.name === status?.currentRelease);
  return serving ?? items.toSorted((a, b) => b.spec.version - a.spec.version)[0];
}
