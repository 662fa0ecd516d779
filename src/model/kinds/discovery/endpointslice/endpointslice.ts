import { defineKind } from "../../../define.ts";
import { listCell } from "../../../cells.ts";
import type { KubeObject } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  map,
  object,
  oneOf,
  required,
  string,
  type Infer,
} from "../../../schema.ts";
import { objectReference } from "../../core/references.ts";

const endpointConditions = object(
  "Whether the endpoint may be used.",
  {
    ready: boolean("Whether it takes new connections."),
    serving: boolean("Whether it answers, even while it is on its way out."),
    terminating: boolean("Whether it is on its way out."),
  },
  { name: "io.k8s.api.discovery.v1.EndpointConditions" },
);

const forZone = object(
  "A zone.",
  { name: required(string("Name of the zone.")) },
  {
    name: "io.k8s.api.discovery.v1.ForZone",
  },
);

const endpoint = object(
  "One of those that serve.",
  {
    addresses: required(array(string("Address."), "Addresses of the endpoint; only the first counts.")),
    conditions: endpointConditions,
    hostname: string("Host name of the endpoint."),
    targetRef: objectReference,
    nodeName: string("Node of the endpoint."),
    zone: string("Zone of the endpoint."),
    deprecatedTopology: map(string("Value."), "Not used any more."),
    hints: object(
      "Who should use the endpoint.",
      { forZones: array(forZone, "Zones that should use it.") },
      { name: "io.k8s.api.discovery.v1.EndpointHints" },
    ),
  },
  { name: "io.k8s.api.discovery.v1.Endpoint" },
);
export interface Endpoint extends Infer<typeof endpoint> {}

const endpointPort = object(
  "A port of all endpoints of the slice.",
  {
    name: string("Name of the service's port.", { default: "" }),
    protocol: oneOf(["TCP", "UDP", "SCTP"], "Protocol of the port.", { default: "TCP" }),
    port: integer("Number of the port.", { min: 1, max: 65_535 }),
    appProtocol: string("Protocol of the application, as a hint for proxies."),
  },
  { name: "io.k8s.api.discovery.v1.EndpointPort" },
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

const fields = {
  addressType: required(oneOf(["IPv4", "IPv6", "FQDN"], "What the addresses are.", { immutable: true })),
  endpoints: required(array(endpoint, "Those that serve.", { maxLength: 1000 })),
  ports: array(endpointPort, "Ports of the endpoints.", { maxLength: 100 }),
};

const schema = object("", fields);
export interface EndpointSlice extends KubeObject, Infer<typeof schema> {}

/** More ports or addresses are only counted in the table. */
const shownMax = 3;

export const endpointSlice = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  description: "Addresses behind a service, and whether they are ready.",
  fields,
  columns: [
    {
      name: "AddressType",
      type: "string",
      description: "What the addresses are.",
      value: ({ addressType }) => addressType,
    },
    {
      name: "Ports",
      type: "string",
      description: "Ports of the endpoints.",
      value: ({ ports }) => {
        const numbers = (ports ?? []).map(({ name, port }) => String(port ?? name));
        return numbers.length === 0 ? "<unset>" : listCell(numbers, shownMax);
      },
    },
    {
      name: "Endpoints",
      type: "string",
      description: "Addresses of the endpoints.",
      value: ({ endpoints }) => {
        const addresses = endpoints.flatMap((each) => each.addresses);
        return addresses.length === 0 ? "<unset>" : listCell(addresses, shownMax);
      },
    },
  ],
});
