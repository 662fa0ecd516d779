/** The add-ons' controller: shows the services that come with Nagi, and wakes for an add-on when something of it changes. */

import type { Client } from "../../client/client.ts";
import { runController } from "../../client/controller.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import { Informer } from "../../client/informer.ts";
import type { OpenChannels } from "../../client/run-in-pod.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { statefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import { addon as addonKind } from "../../model/kinds/nagi/addon/addon.ts";
import { addonLabel } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { addonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { platform } from "../../model/kinds/nagi/platform/platform.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import { AddonReconciler } from "./addon-reconciler.ts";
import type { BackupPlaces } from "./backups/backup-places.ts";
import { runBackups } from "./backups/run-backups.ts";
import { showServices } from "./show-services.ts";
import { makeWantedAddons } from "./wanted-addons.ts";

const workers = 2;
const retry = { baseMs: 1000, capMs: 60_000 };

export interface AddonsOptions {
  readonly client: Client;
  /** Opens sessions with the servers' pods. */
  readonly open: OpenChannels;
  /** Directory of the platforms' recipes, those of services among them. */
  readonly recipesDir: string;
  readonly places: BackupPlaces;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs until the signal aborts. */
export async function runAddons(options: AddonsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock } = options;
  const log = options.log.child({ component: "addons" });
  const reconciler = new AddonReconciler({ client, open: options.open, clock });
  await showAll({ ...options, log }, signal);
  const addons = new Informer({ client, kind: addonKind, clock, log });
  const all = (): string[] => addons.list().map((each) => keyOf(refOf(each)));
  const unready = (): string[] =>
    addons.list().flatMap((each) => (each.status?.phase === "Ready" ? [] : [keyOf(refOf(each))]));
  const controller = runController(
    {
      name: "addons",
      client,
      watches: [
        {
          informer: addons as unknown as Informer<KubeObject>,
          keysOf: (object: KubeObject) => [keyOf(refOf(object))],
        },
        { kind: statefulSet, labelSelector: addonLabel, keysOf: addonKeysOf },
        { kind: pod, labelSelector: addonLabel, keysOf: addonKeysOf },
        { kind: addonService, keysOf: all },
        { kind: platform, keysOf: unready },
      ],
      reconcile: (key, ended) => reconciler.reconcile(key, ended),
      workers,
      clock,
      log,
    },
    signal,
  );
  const events = new EventRecorder({ client, component: "nagi-addons", clock, log });
  const wishes = runController(
    {
      name: "wanted-addons",
      client,
      watches: [{ kind: appKind, keysOf: (object) => [keyOf(refOf(object))] }],
      reconcile: (key) => makeWantedAddons(key, { client, events }),
      clock,
      log,
    },
    signal,
  );
  await Promise.all([addons.run(signal), controller, wishes, runBackups(options, signal)]);
}

async function showAll(
  { client, recipesDir, clock, log }: Pick<AddonsOptions, "client" | "recipesDir" | "clock" | "log">,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      return await showServices(client, recipesDir);
    } catch (error) {
      failures += 1;
      log.warn("cannot show the add-ons' services, trying again", { error });
      await sleep(clock, backoffDelayMs(retry, failures), signal);
    }
  }
}

function addonKeysOf({ metadata }: KubeObject): string[] {
  const name = metadata.labels?.[addonLabel];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}
