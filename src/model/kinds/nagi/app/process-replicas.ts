/** How many instances of a process type an app's spec asks for. Pure. */

import { webProcess } from "./app-names.ts";
import type { App } from "./app.ts";

/** How many run while it is not stopped. */
export function startedReplicasOf({ spec }: Pick<App, "spec">, process: string): number {
  return spec?.processes?.[process]?.replicas ?? (process === webProcess ? 1 : 0);
}

/** How many should run. */
export function replicasOf(app: Pick<App, "spec">, process: string): number {
  return app.spec?.processes?.[process]?.stopped === true ? 0 : startedReplicasOf(app, process);
}
