/**
 * Watches: first what is there (unless the client says from where on), then every change in its order. The store
 * keeps the promise that none is missed or repeated; a watcher that cannot keep up is told 410 by whoever feeds it.
 */

import { resourceName, type Kind } from "../../../model/kind.ts";
import type { Entry, StoreEvent, StoreWatch } from "../../store/store.ts";
import { badRequest, expired } from "../api-errors.ts";
import type { ServerParts } from "../parts.ts";
import { parseRevision } from "./revision.ts";
import type { Selection } from "./selection.ts";

export interface WatchRequest {
  readonly kind: Kind;
  /** Absent: all. */
  readonly namespace?: string | undefined;
  readonly selection: Selection;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
  /** Whether to begin with what is there and mark where that ends; absent: as the revision says. */
  readonly sendInitialEvents?: boolean | undefined;
  readonly allowBookmarks?: boolean | undefined;
}

/** Who is fed. Each call is synchronous; `bookmark` says that all up to the revision has been handed over. */
export interface WatchSink {
  initial(entries: readonly Entry[]): void;
  events(batch: readonly StoreEvent[]): void;
  bookmark(revision: number, endOfInitial: boolean): void;
}

/** Throws StatusError Expired when the revision is out of reach. */
export function startWatch(parts: ServerParts, request: WatchRequest, sink: WatchSink): StoreWatch {
  const { kind, namespace, allowBookmarks, sendInitialEvents } = request;
  const resource = resourceName(kind);
  const from = startOf(parts, request);
  if (from.entries !== undefined) {
    sink.initial(from.entries);
    if (sendInitialEvents === true && allowBookmarks === true) sink.bookmark(from.revision, true);
  }
  const watch = parts.store.watch({
    resource,
    namespace,
    afterRevision: from.revision,
    onEvents: (events) => sink.events(events),
  });
  if (allowBookmarks !== true) return watch;
  const forget = parts.bookmarks.add(() => sink.bookmark(parts.store.revision, false));
  return {
    stop() {
      forget();
      watch.stop();
    },
  };
}

function startOf(
  parts: ServerParts,
  request: WatchRequest,
): { revision: number; entries?: readonly Entry[] | undefined } {
  const { kind, namespace, selection, resourceVersion = "", sendInitialEvents } = request;
  checkStart(request);
  const given = resourceVersion === "" ? 0 : parseRevision(resourceVersion);
  const { revision: current } = parts.store;
  if (given > current) throw expired(`too large resource version: ${given} (${current})`);
  if (sendInitialEvents ?? given === 0) {
    const { revision, entries } = parts.store.list(resourceName(kind), namespace);
    const seen = selection.everything ? entries : entries.filter(({ value }) => selection.matches(value));
    return { revision, entries: seen };
  }
  return { revision: given === 0 ? current : given };
}

function checkStart({ sendInitialEvents, resourceVersionMatch = "" }: WatchRequest): void {
  if (sendInitialEvents === undefined && resourceVersionMatch !== "") {
    throw badRequest("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan") {
    throw badRequest("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
}
