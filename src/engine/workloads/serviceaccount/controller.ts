/** Every namespace has the account `default`, which pods run as that name none. */

import { runController } from "../../../client/controller.ts";
import type { Namespace } from "../../../model/kinds/core/namespace/namespace.ts";
import {
  serviceAccount,
  type ServiceAccount,
} from "../../../model/kinds/core/serviceaccount/serviceaccount.ts";
import { newObject } from "../../../model/kind.ts";
import { isStatus } from "../../../model/status.ts";
import type { WorkloadContext } from "../shared/context.ts";

const name = "default";

export function runServiceAccounts(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  return runController(
    {
      name: "serviceaccount",
      client,
      clock,
      log,
      watches: [
        { informer: informers.namespaces, keysOf: ({ metadata }: Namespace) => [metadata.name ?? ""] },
        {
          informer: informers.serviceAccounts,
          keysOf: ({ metadata }: ServiceAccount) =>
            metadata.name === name ? [metadata.namespace ?? ""] : [],
        },
      ],
      reconcile: (namespace) => ensureDefault(context, namespace),
    },
    signal,
  );
}

async function ensureDefault({ client, informers }: WorkloadContext, namespace: string): Promise<void> {
  const found = informers.namespaces.get(namespace);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
  if (informers.serviceAccounts.get(`${namespace}/${name}`) !== undefined) return;
  try {
    await client.create(serviceAccount, newObject(serviceAccount, { name, namespace }, {}));
  } catch (error) {
    // Made by somebody else, or the namespace began to go: both are seen in the next event.
    if (!isStatus(error, "AlreadyExists", "Forbidden", "NotFound")) throw error;
  }
}
