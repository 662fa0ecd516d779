/** Who may read or write which repository: the rights on its app. The same over HTTP and SSH. */

import { isAllowed } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import type { UserInfo } from "../../client/user.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { isNotFound } from "../../model/status.ts";
import type { RepositoryRef } from "./repositories.ts";

export interface Access {
  readonly repository: RepositoryRef;
  readonly writes: boolean;
}

/** The app, or why not; whoever may not see it learns no more than that. */
export async function accessApp(
  client: Client,
  { repository, writes }: Access,
  user: UserInfo,
): Promise<App | string> {
  const { namespace, app: name } = repository;
  const action = { group: "nagi.dev", resource: "apps", namespace, name };
  const missing = `There is no app ${name} in namespace ${namespace}. Make it first: nagi create ${name}`;
  if (!(await isAllowed(client, user, { ...action, verb: "get" }))) return missing;
  if (writes && !(await isAllowed(client, user, { ...action, verb: "update" }))) {
    return `${user.username} may not deploy ${name}.`;
  }
  try {
    return await client.get(appKind, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return missing;
    throw error;
  }
}

/** `shop.git` or `team/shop.git`, with or without the first slash and the ending. */
export function parseRepository(path: string): RepositoryRef | undefined {
  const match = /^\/?(?:([a-z0-9-]{1,63})\/)?([a-z0-9-]{1,63}?)(?:\.git)?\/?$/.exec(path);
  const app = match?.[2];
  return app === undefined ? undefined : { namespace: match?.[1] ?? "default", app };
}
