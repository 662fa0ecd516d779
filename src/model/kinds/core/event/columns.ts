/** The columns of events: when, what, of whom. */

import type { Column } from "../../../kind.ts";
import type { KubeObject } from "../../../meta.ts";
import { ageText } from "../../../table.ts";

interface EventLike extends KubeObject {
  involvedObject: { kind?: string | undefined; name?: string | undefined; fieldPath?: string | undefined };
  reason?: string | undefined;
  message?: string | undefined;
  type?: string | undefined;
  count?: number | undefined;
  firstTimestamp?: string | undefined;
  lastTimestamp?: string | undefined;
  eventTime?: string | undefined;
  series?: { count?: number | undefined; lastObservedTime?: string | undefined } | undefined;
  source?: { component?: string | undefined; host?: string | undefined } | undefined;
  reportingComponent?: string | undefined;
  reportingInstance?: string | undefined;
}

const firstSeen = ({ firstTimestamp, eventTime }: EventLike): string | undefined =>
  firstTimestamp ?? eventTime;

function sourceCell({ source, reportingComponent = "", reportingInstance = "" }: EventLike): string {
  const component = source?.component ?? reportingComponent;
  const host = source?.host ?? reportingInstance;
  return host === "" ? component : `${component}, ${host}`;
}

const text = { type: "string" } as const;
const wide = { type: "string", priority: 1 } as const;

export const eventColumns: readonly Column<EventLike>[] = [
  {
    ...text,
    name: "Last Seen",
    description: "When it last happened.",
    value: (event, { nowMs }) =>
      ageText(event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event), nowMs),
  },
  { ...text, name: "Type", description: "Normal or Warning.", value: ({ type }) => type ?? "" },
  {
    ...text,
    name: "Reason",
    description: "What happened, in one word.",
    value: ({ reason }) => reason ?? "",
  },
  {
    ...text,
    name: "Object",
    description: "Of whom it is told.",
    value: ({ involvedObject: { kind = "", name = "" } }) => `${kind.toLowerCase()}/${name}`,
  },
  {
    ...wide,
    name: "Subobject",
    description: "Part of the object.",
    value: ({ involvedObject }) => involvedObject.fieldPath ?? "",
  },
  { ...wide, name: "Source", description: "Who tells it.", value: sourceCell },
  {
    ...text,
    name: "Message",
    description: "What happened, as a sentence.",
    value: ({ message }) => (message ?? "").trim(),
  },
  {
    ...wide,
    name: "First Seen",
    description: "When it first happened.",
    value: (event, { nowMs }) => ageText(firstSeen(event), nowMs),
  },
  {
    ...wide,
    name: "Count",
    description: "How often it happened.",
    value: ({ series, count }) => String(series?.count ?? count ?? 1),
  },
  { ...wide, name: "Name", description: "Name of the event.", value: ({ metadata }) => metadata.name ?? "" },
];
