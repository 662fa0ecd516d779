/** Makes, changes and removes the cron jobs of an app. */

import { cronLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { isJsonEqual } from "../../model/json.ts";
import { cronJob, type CronJob } from "../../model/kinds/batch/cronjob/cronjob.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { appCronJob, wantedCron } from "./cron-jobs.ts";
import { isOwnedBy } from "./names.ts";
import type { OwnedObjects } from "./owned-objects.ts";

interface Given {
  readonly app: App;
  /** The release that is live. */
  readonly live: Release | undefined;
  /** That carry the app's label. */
  readonly present: readonly CronJob[];
}

export async function ensureCronJobs(client: Client, owned: OwnedObjects, given: Given): Promise<void> {
  const { app, live } = given;
  const present = given.present.filter((each) => isOwnedBy(each, app));
  const wanted = wantedCron(app, live);
  for (const each of present)
    if (!wanted.has(each.metadata.labels?.[cronLabel] ?? "")) await owned.remove(cronJob, each);
  if (live === undefined) return;
  for (const [name, entry] of wanted) {
    const found = present.find(({ metadata }) => metadata.labels?.[cronLabel] === name);
    const next = appCronJob(app, live, { name, entry, present: found });
    if (found === undefined) await owned.create(cronJob, next, app);
    else if (!isJsonEqual(found, next)) await client.update(cronJob, next);
  }
}
