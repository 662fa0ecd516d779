/** POSTs that are not creations of stored objects: answered at once (reviews) or done to another object. */

import type { UserInfo } from "../../../client/user.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";
import type { Status } from "../../../model/status.ts";
import type { ServerParts } from "../parts.ts";

export interface ActionCall {
  readonly parts: ServerParts;
  readonly user: UserInfo;
  /** Of the path; "" for cluster-scoped kinds. */
  readonly namespace: string;
  /** The object that a subresource belongs to; "" for the collection. */
  readonly name: string;
  /** An object; what is in it is for the action to check. */
  readonly body: JsonValue;
  readonly dryRun?: boolean | undefined;
}

export type Action = (call: ActionCall) => Promise<KubeObject | Status>;

/** By `resourceName`, or `resourceName/subresource`. */
export type Actions = ReadonlyMap<string, Action>;

export function success(details?: Status["details"]): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    ...(details === undefined ? {} : { details }),
    code: 201,
  };
}
