/** Builds of an app are numbered: `hello-1`, `hello-2`. */

import { appLabel } from "../model/kinds/nagi/app/app-names.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import { isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";

const maxNameTries = 20;

/** Creates a build of the app with the next number; two at once get two numbers. */
export async function createBuild(client: Client, app: string, fresh: Build): Promise<Build> {
  const { namespace } = fresh.metadata;
  const { items } = await client.list(buildKind, { namespace, labelSelector: `${appLabel}=${app}` });
  const numbers = items.map(({ metadata }) => Number(/-(\d+)$/.exec(metadata.name ?? "")?.[1] ?? 0));
  const first = Math.max(0, ...numbers) + 1;
  for (let number = first; number < first + maxNameTries; number += 1) {
    const annotations = { ...fresh.metadata.annotations, "openshift.io/build.number": String(number) };
    const metadata = { ...fresh.metadata, name: `${app}-${number}`, annotations };
    try {
      return await client.create(buildKind, { ...fresh, metadata });
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
  throw new Error(`cannot name a build of ${app}: ${maxNameTries} names from ${app}-${first} are taken`);
}
