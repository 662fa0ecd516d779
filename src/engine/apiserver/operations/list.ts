/** Lists: at the newest revision or at a given one, whole or in pages that all show the same revision. */

import { resourceName, type Kind } from "../../../model/kind.ts";
import { isStatus } from "../../../model/status.ts";
import type { Entry, ListResult } from "../../store/store.ts";
import { badRequest, expired } from "../api-errors.ts";
import type { ServerParts } from "../parts.ts";
import { parseRevision, tooLargeRevision } from "./revision.ts";
import type { Selection } from "./selection.ts";

export interface ListRequest {
  readonly kind: Kind;
  /** Absent: all. */
  readonly namespace?: string | undefined;
  readonly selection: Selection;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

export interface Listed {
  readonly resourceVersion: string;
  readonly entries: readonly Entry[];
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

interface Cursor {
  readonly revision: number;
  /** The last object of the page before. */
  readonly after: Place;
}

export function listObjects(parts: ServerParts, request: ListRequest): Listed {
  const cursor = cursorOf(request.continue);
  const { revision, entries } = readAt(parts, request, cursor?.revision ?? revisionOf(parts, request));
  const { selection, limit = 0 } = request;
  const rest =
    cursor === undefined ? entries : entries.filter((entry) => comparePlaces(entry, cursor.after) > 0);
  const chosen = selection.everything ? rest : rest.filter((entry) => selection.matches(entry.value));
  const resourceVersion = String(revision);
  const last = chosen[limit - 1];
  if (limit <= 0 || last === undefined || chosen.length <= limit) return { resourceVersion, entries: chosen };
  return {
    resourceVersion,
    entries: chosen.slice(0, limit),
    continue: tokenOf({ revision, after: { namespace: last.namespace, name: last.name } }),
    ...(selection.everything ? { remainingItemCount: chosen.length - limit } : {}),
  };
}

function readAt(parts: ServerParts, request: ListRequest, atRevision: number | undefined): ListResult {
  const { kind, namespace, selection } = request;
  const resource = resourceName(kind);
  const inPlace = namespace !== undefined || !kind.namespaced;
  if (atRevision === undefined && inPlace && selection.name !== undefined) {
    const entry = parts.store.get({ resource, namespace: namespace ?? "", name: selection.name });
    return { revision: parts.store.revision, entries: entry === undefined ? [] : [entry] };
  }
  try {
    return parts.store.list(resource, namespace, atRevision);
  } catch (error) {
    if (!isStatus(error, "Expired") || request.continue === undefined) throw error;
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
}

/** The exact revision that is asked for; undefined when the newest will do, as it always may but for Exact. */
function revisionOf(parts: ServerParts, request: ListRequest): number | undefined {
  const { resourceVersion = "", resourceVersionMatch = "" } = request;
  if (resourceVersionMatch !== "" && resourceVersion === "") {
    throw badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (!["", "Exact", "NotOlderThan"].includes(resourceVersionMatch)) {
    throw badRequest(`resourceVersionMatch "${resourceVersionMatch}" is not one of Exact, NotOlderThan`);
  }
  if (resourceVersion === "") return undefined;
  const revision = parseRevision(resourceVersion);
  if (revision > parts.store.revision) throw tooLargeRevision(revision, parts.store.revision);
  if (resourceVersionMatch !== "Exact") return undefined;
  if (revision === 0) throw badRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  return revision;
}

function tokenOf(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

function cursorOf(token: string | undefined): Cursor | undefined {
  if (token === undefined || token === "") return undefined;
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, "base64url").toString()) as Cursor;
    if (
      Number.isSafeInteger(revision) &&
      typeof after.namespace === "string" &&
      typeof after.name === "string"
    ) {
      return { revision, after };
    }
  } catch {
    // Not one of ours: said below.
  }
  throw badRequest("continue key is not valid");
}

function comparePlaces(a: Place, b: Place): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
