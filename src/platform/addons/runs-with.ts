/** Whether what runs of an app has the config vars that it should have, and nothing else runs any more. */

import { decodeEntries } from "../../lib/base64.ts";
import { appLabel, releaseLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { release as releaseKind } from "../../model/kinds/nagi/release/release.ts";
import { findApp, readAppConfig } from "./app-configs.ts";

type Vars = Readonly<Record<string, string>>;

/** `refused`: the app's config is another by now, as after a release that failed. */
export type RunsWith = "yes" | "not yet" | "refused";

export async function runsWith(
  client: Client,
  ref: { readonly namespace: string | undefined; readonly app: string },
  vars: Vars,
): Promise<RunsWith> {
  const { namespace, app } = ref;
  const found = await findApp(client, namespace, app);
  if (found?.status?.latestVersion === undefined) return "yes";
  const { currentRelease } = found.status;
  if (currentRelease !== undefined) {
    const { spec } = await client.get(releaseKind, { namespace, name: currentRelease });
    const { data } = await client.get(secret, { namespace, name: spec.configSecret });
    if (hasAll(decodeEntries(data), vars)) {
      const { items } = await client.list(podKind, { namespace, labelSelector: `${appLabel}=${app}` });
      return items.some((each) => isOfOther(each, `v${spec.version}`)) ? "not yet" : "yes";
    }
  }
  const config = await readAppConfig(client, namespace, app);
  return hasAll(config?.values ?? {}, vars) ? "not yet" : "refused";
}

function hasAll(values: Vars, wanted: Vars): boolean {
  return Object.entries(wanted).every(([name, value]) => values[name] === value);
}

function isOfOther({ metadata, status }: Pod, version: string): boolean {
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  const own = metadata.labels?.[releaseLabel];
  return !ended && own !== undefined && own !== version;
}
