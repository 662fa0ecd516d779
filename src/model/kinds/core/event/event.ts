import { defineKind } from "../../../define.ts";
import { invalid } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, required, string, time, type Infer } from "../../../schema.ts";
import { objectReference } from "../references.ts";
import { eventColumns } from "./columns.ts";

const eventSource = object(
  "Who reported the event.",
  { component: string("Component."), host: string("Node of the component.") },
  { name: "io.k8s.api.core.v1.EventSource" },
);

const eventSeries = object(
  "How often the event has happened again.",
  { count: integer("How often."), lastObservedTime: time("When it was last seen.") },
  { name: "io.k8s.api.core.v1.EventSeries" },
);

const fields = {
  involvedObject: required(objectReference),
  reason: string("What happened, as one CamelCase word."),
  message: string("What happened, as a sentence."),
  source: eventSource,
  firstTimestamp: time("When it first happened."),
  lastTimestamp: time("When it last happened."),
  count: integer("How often it happened."),
  type: string("Normal or Warning."),
  eventTime: time("When it first happened, in microseconds."),
  series: eventSeries,
  action: string("What was done or failed to be done."),
  related: objectReference,
  reportingComponent: string("Component that reports, for instance default-scheduler."),
  reportingInstance: string("Instance of the component."),
};

const schema = object("", fields);
export interface Event extends KubeObject, Infer<typeof schema> {}

export const event = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  description: "Something that happened to an object, in words.",
  fields,
  columns: eventColumns,
  wholeTable: true,
  validate: ({ metadata, involvedObject }) => {
    const { namespace = "" } = involvedObject;
    if (namespace === metadata.namespace || (namespace === "" && metadata.namespace === "default")) return [];
    return [invalid("involvedObject.namespace", namespace, "does not match event.namespace")];
  },
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component ?? reportingComponent ?? "",
    type: ({ type }) => type ?? "",
  },
});
