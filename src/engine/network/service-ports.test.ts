import { describe, expect, test } from "vitest";
import {
  endpointSlice,
  type Endpoint,
  type EndpointSlice,
} from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { service as serviceKind, type Service } from "../../model/kinds/core/service/service.ts";
import { newObject } from "../../model/kind.ts";
import { hostsFile } from "./dns-records.ts";
import { routesOf } from "./service-ports.ts";

const web = (spec: Partial<Service["spec"]> = {}, name = "web"): Service =>
  newObject(
    serviceKind,
    { name, namespace: "default" },
    { spec: { clusterIP: "10.96.0.1", ports: [{ name: "http", port: 80 }], ...spec } },
  );

type State = "ready" | "waiting" | "ending" | "ended";
const endpoint = (address: string, state: State = "ready", hostname?: string): Endpoint => ({
  addresses: [address],
  conditions: {
    ready: state === "ready",
    serving: state !== "waiting" && state !== "ended",
    terminating: state.startsWith("end"),
  },
  ...(hostname === undefined ? {} : { hostname }),
});

function aSlice(
  endpoints: Endpoint[],
  ports: EndpointSlice["ports"] = [{ name: "http", protocol: "TCP", port: 8080 }],
): EndpointSlice {
  return newObject(endpointSlice, { name: "s" }, { addressType: "IPv4", endpoints, ports });
}

const backends = (service: Service, slices: EndpointSlice[]): string[][] =>
  routesOf(service, slices).map((route) => route.backends.map(({ address, port }) => `${address}:${port}`));

describe("who answers", () => {
  test("those that are ready, each once, over all slices", () => {
    const slices = [
      aSlice([endpoint("10.1.0.2"), endpoint("10.1.0.1"), endpoint("10.1.0.3", "waiting")]),
      aSlice([endpoint("10.1.0.1"), endpoint("10.1.0.4", "ending")]),
    ];
    expect(backends(web(), slices)).toEqual([["10.1.0.1:8080", "10.1.0.2:8080"]]);
  });

  test("when nobody is ready, those that still serve while they end", () => {
    const slices = [
      aSlice([
        endpoint("10.1.0.1", "ending"),
        endpoint("10.1.0.2", "ended"),
        endpoint("10.1.0.3", "waiting"),
      ]),
    ];
    expect(backends(web(), slices)).toEqual([["10.1.0.1:8080"]]);
  });

  test("by name and protocol of the port", () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "dns", port: 53, protocol: "UDP" as const },
      { name: "none", port: 99 },
    ];
    const slice = aSlice(
      [endpoint("10.1.0.1")],
      [
        { name: "http", protocol: "TCP", port: 8080 },
        { name: "dns", protocol: "UDP", port: 5353 },
      ],
    );
    expect(backends(web({ ports }), [slice])).toEqual([["10.1.0.1:8080"], ["10.1.0.1:5353"], []]);
  });

  test("nothing that is no address, whoever wrote the slice", () => {
    const odd = ["999.1.1.1", "10.1.0.1; flush ruleset", "", "fd00::1"].map((address) => endpoint(address));
    expect(backends(web(), [aSlice([...odd, endpoint("10.1.0.9")])])).toEqual([["10.1.0.9:8080"]]);
  });

  test.each(["None", "", "999.1.1.1", "fd00::5"])("no route for the service address %j", (clusterIP) => {
    expect(routesOf(web({ clusterIP }), [aSlice([endpoint("10.1.0.1")])])).toEqual([]);
  });

  test("the same for as long as the service says", () => {
    expect(routesOf(web(), [])[0]?.affinitySeconds).toBeUndefined();
    expect(routesOf(web({ sessionAffinity: "ClientIP" }), [])[0]?.affinitySeconds).toBe(10_800);
    const given = {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 9 } },
    } as const;
    expect(routesOf(web(given), [])[0]?.affinitySeconds).toBe(9);
  });
});

test("names: the service's address, or the pods' own when it has none", () => {
  const named = [
    { service: web(), slices: [aSlice([endpoint("10.1.0.1")])] },
    {
      service: web({ clusterIP: "None" }, "db"),
      slices: [
        aSlice([
          endpoint("10.1.0.2", "ready", "db-0"),
          endpoint("10.1.0.3", "waiting"),
          endpoint("10.1.0.4"),
        ]),
      ],
    },
    { service: web({ type: "ExternalName", externalName: "example.com" }, "out"), slices: [] },
  ];
  expect(hostsFile(named, "cluster.local").split("\n")).toEqual([
    "10.1.0.2 db-0.db.default.svc.cluster.local",
    "10.1.0.2 db.default.svc.cluster.local",
    "10.1.0.4 db.default.svc.cluster.local",
    "10.96.0.1 web.default.svc.cluster.local",
    "",
  ]);
});
