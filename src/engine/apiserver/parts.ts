/** What every operation of the server works with; made once by `createApiServer`. */

import type { LogSource } from "../../client/log-source.ts";
import type { PodSessions } from "../../client/pod-sessions.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { resourceName, type Kind } from "../../model/kind.ts";
import type { Entry, EntryKey, Store } from "../store/store.ts";
import type { Hooks } from "./admission/hooks.ts";
import type { Bookmarks } from "./operations/bookmarks.ts";
import type { Views } from "./operations/views.ts";
import type { Limits } from "./limits.ts";
import type { ResourceIndex } from "./resources.ts";

export interface ServerParts {
  readonly store: Store;
  readonly resources: ResourceIndex;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: Limits;
  readonly views: Views;
  readonly bookmarks: Bookmarks;
  /** By `resourceName`. */
  readonly logSources: ReadonlyMap<string, LogSource>;
  /** By `resourceName`. */
  readonly sessions: ReadonlyMap<string, PodSessions>;
}

/** One object, whether it is there or not. */
export interface Target {
  readonly kind: Kind;
  /** "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** An object as it is given out: the value for this process, its JSON for the wire. */
export interface Stored {
  readonly value: Entry["value"];
  readonly encoded: string;
}

export function entryKey({ kind, namespace, name }: Target): EntryKey {
  return { resource: resourceName(kind), namespace, name };
}
