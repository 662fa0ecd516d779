import { describe, expect, test } from "vitest";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { buildRouteTable, type RouteObjects } from "./route-table.ts";
import { anIngress, aRoute, aService, aSlice, nagiClass, toService } from "./testing/route-objects.ts";

const build = (objects: Partial<RouteObjects>) =>
  buildRouteTable(
    { routes: [], services: [], slices: [], ingresses: [], classes: [], secrets: [], ...objects },
    { domain: "apps.test", reservedHosts: ["localhost"] },
  );

describe("admission", () => {
  const refused = (...routes: Parameters<typeof aRoute>[]) => {
    const { admissions } = build({ routes: routes.map((given) => aRoute(...given)) });
    return [...admissions].map(([key, admission]) => [
      key,
      admission.admitted ? admission.host : admission.reason,
    ]);
  };

  test.each([
    ["its host", { host: "Shop.Example.com" }, "shop.example.com"],
    ["a host from its name", { host: undefined }, "a-default.apps.test"],
    ["a host from its subdomain", { host: "", subdomain: "Shop" }, "shop.apps.test"],
    ["no wrong host", { host: "a_b" }, "ExtendedValidationFailed"],
    ["no service that cannot be", { to: { name: "a\ndisable frontend http" } }, "ExtendedValidationFailed"],
    [
      "no header of what it does not read",
      { tls: { termination: "passthrough" as const }, httpHeaders: { actions: {} } },
      "ExtendedValidationFailed",
    ],
    ["no wrong path", { path: "/a b" }, "ExtendedValidationFailed"],
    ["no host of the platform", { host: "localhost" }, "HostReserved"],
    ["the names beside its host", { host: "x.y.test", wildcardPolicy: "Subdomain" as const }, "*.y.test"],
    ["TLS", { tls: { termination: "edge" as const } }, "a.localhost"],
    ["no TLS to unknown pods", { tls: { termination: "reencrypt" as const } }, "ExtendedValidationFailed"],
    [
      "no wrong certificate",
      { tls: { termination: "edge" as const, certificate: "x", key: "y" } },
      "ExtendedValidationFailed",
    ],
    [
      "TLS that allows HTTP",
      { tls: { termination: "edge" as const, insecureEdgeTerminationPolicy: "Allow" as const } },
      "a.localhost",
    ],
  ])("a route gets %s", (_name, spec, expected) => {
    expect(refused(["a", spec])).toEqual([["default/a", expected]]);
  });

  test("the oldest of two routes has the host, whatever their order", () => {
    const newer = aRoute("a", { host: "x.test" }, { creationTimestamp: "2026-01-02T00:00:00Z" });
    const older = aRoute("b", { host: "x.test" }, { creationTimestamp: "2026-01-01T00:00:00Z" });
    for (const routes of [
      [newer, older],
      [older, newer],
    ]) {
      const { admissions, rules } = build({ routes });
      expect(admissions.get("default/a")).toMatchObject({
        reason: "HostAlreadyClaimed",
        message: "route default/b already exposes x.test and is older",
      });
      expect(rules).toEqual([
        { host: "x.test", path: "", isExact: false, backend: "default:b:b", tls: undefined },
      ]);
    }
  });

  test("another path of the same host is no conflict, the same path with a slash is", () => {
    const routes = [aRoute("a"), aRoute("b", { host: "a.localhost", path: "/b" })];
    expect(build({ routes }).rules.map(({ path }) => path)).toEqual(["", "/b"]);
    const again = aRoute("c", { host: "a.localhost", path: "/b/" });
    expect(build({ routes: [...routes, again] }).admissions.get("default/c")).toMatchObject({
      admitted: false,
    });
  });
});

describe("endpoints", () => {
  const one = (objects: Partial<RouteObjects>) => build({ routes: [aRoute("a")], ...objects }).backends[0];
  const services = [aService("a")];

  test("are those that are ready; on their way out they are not", () => {
    const slices = [
      aSlice("a", [
        "10.0.0.1",
        { addresses: ["10.0.0.2"], conditions: { ready: false } },
        { addresses: ["10.0.0.3"], conditions: { ready: true, terminating: true } },
        { addresses: ["10.0.0.4"] },
      ]),
    ];
    expect(one({ services, slices })?.endpoints).toEqual([
      { address: "10.0.0.1", port: 8080, weight: 1, target: "pod-10.0.0.1" },
      { address: "10.0.0.4", port: 8080, weight: 1, target: undefined },
    ]);
  });

  test.each([
    ["the service is missing", [], [], "its service a does not exist"],
    ["there is none", services, [], "no instance of it is running"],
    [
      "one is not ready",
      services,
      [aSlice("a", [{ addresses: ["10.0.0.2"], conditions: { ready: false } }])],
      "its only instance is not ready",
    ],
  ])("when %s, the reason is said", (_name, withServices, slices, reason) => {
    expect(one({ services: withServices, slices })).toMatchObject({ endpoints: [], emptyReason: reason });
  });

  test("the port is found by name, by the pods' port and by its own number", () => {
    const ports = [
      { name: "web", port: 80, targetPort: 8080 },
      { name: "admin", port: 81, targetPort: "adm" },
    ];
    const slices = [
      aSlice(
        "a",
        ["10.0.0.1"],
        [
          { name: "web", port: 8080 },
          { name: "admin", port: 9090 },
        ],
      ),
    ];
    const portFor = (targetPort: string | number) =>
      build({ routes: [aRoute("a", { port: { targetPort } })], services: [aService("a", ports)], slices })
        .backends[0];
    expect(["web", 8080, 80, "admin", "adm", 81].map((port) => portFor(port)?.endpoints[0]?.port)).toEqual([
      8080, 8080, 8080, 9090, 9090, 9090,
    ]);
    expect(portFor("none")).toMatchObject({ endpoints: [], emptyReason: "its service has no port none" });
  });

  test("shares hold between services, whatever the number of their pods", () => {
    const routes = [
      aRoute("a", { to: { name: "a", weight: 90 }, alternateBackends: [{ name: "b", weight: 10 }] }),
    ];
    const slices = [aSlice("a", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]), aSlice("b", ["10.0.1.1"])];
    const [backend] = build({ routes, services: [aService("a"), aService("b")], slices }).backends;
    const total = (prefix: string) =>
      backend?.endpoints
        .filter(({ address }) => address.startsWith(prefix))
        .reduce((sum, { weight }) => sum + weight, 0);
    expect((total("10.0.0.") ?? 0) / (total("10.0.1.") ?? 1)).toBeCloseTo(9, 0);
  });
});

describe("settings", () => {
  const withAnnotation = (name: string, value: string, spec: Partial<Route["spec"]> = {}) =>
    build({
      routes: [aRoute("a", spec, { annotations: { [`haproxy.router.openshift.io/${name}`]: value } })],
    });

  test("become lines of the route's own backend", () => {
    expect(withAnnotation("timeout", "30s").backends[0]?.lines).toEqual([
      "timeout server 30s",
      "timeout tunnel 30s",
    ]);
    expect(withAnnotation("rewrite-target", "/v1", { path: "/api.x/" }).backends[0]?.lines).toEqual([
      String.raw`http-request replace-path '^/api\.x/?(.*)$' '/v1/\1'`,
    ]);
  });

  test("of headers are OpenShift's too, taken as they are, and refused when they are none", () => {
    const withHeader = (name: string, value: string) =>
      build({
        routes: [
          aRoute("a", {
            httpHeaders: {
              actions: {
                request: [{ name: "X-Old", action: { type: "Delete" } }],
                response: [{ name, action: { type: "Set", set: { value } } }],
              },
            },
          }),
        ],
      });
    expect(withHeader("X-Zone", "it's 5%").backends[0]?.lines).toEqual([
      "http-request del-header X-Old",
      String.raw`http-response set-header X-Zone 'it'\''s 5%%'`,
    ]);
    const refused = [
      ["X Zone", "a"],
      ["Set-Cookie", "a"],
      ["X-Zone", "%[src]"],
      ["X-Zone", "a\nb"],
    ].map(([name = "", value = ""]) => withHeader(name, value).admissions.get("default/a")?.admitted);
    expect(refused).toEqual([false, false, false, false]);
  });

  test("that are wrong keep the route from being served, and say why", () => {
    const { admissions, backends } = withAnnotation("timeout", "30s\nserver evil");
    expect(backends).toEqual([]);
    expect(admissions.get("default/a")).toMatchObject({
      reason: "ExtendedValidationFailed",
      message:
        "metadata.annotations[haproxy.router.openshift.io/timeout]: must be a whole number with a unit: 500ms, 30s, 5m, 1h",
    });
  });
});

describe("ownership of hosts", () => {
  const at = (creationTimestamp: string, namespace = "default") => ({ creationTimestamp, namespace });
  const wildcard = (name: string, metadata = {}) =>
    aRoute(name, { host: "wildcard.x.test", wildcardPolicy: "Subdomain" }, metadata);

  test("a wildcard has the names beside it, once", () => {
    const { rules, admissions } = build({ routes: [wildcard("a"), wildcard("b")] });
    expect(rules).toEqual([
      { host: "*.x.test", path: "", isExact: false, backend: "default:a:a", tls: undefined },
    ]);
    expect(admissions.get("default/b")).toMatchObject({
      reason: "HostAlreadyClaimed",
      host: "wildcard.x.test",
    });
  });

  test("a host's other paths, and the names below a wildcard, are its namespace's", () => {
    const routes = [
      aRoute("a", { host: "x.test" }, at("2026-01-01T00:00:00Z")),
      wildcard("w", at("2026-01-01T00:00:00Z")),
      aRoute("b", { host: "x.test", path: "/b" }, at("2026-01-02T00:00:00Z", "other")),
      aRoute("c", { host: "c.x.test" }, at("2026-01-02T00:00:00Z", "other")),
      aRoute("d", { host: "d.x.test" }, at("2026-01-02T00:00:00Z")),
    ];
    const { admissions } = build({ routes });
    expect([...admissions].map(([key, { admitted }]) => `${key} ${admitted}`)).toEqual([
      "default/a true",
      "default/w true",
      "default/d true",
      "other/b false",
      "other/c false",
    ]);
    expect(admissions.get("other/b")).toMatchObject({
      message: "a route in another namespace holds x.test and is older than b",
    });
  });

  test("a wildcard takes no path of an older host of another namespace", () => {
    const exact = aRoute("a", { host: "a.x.test", path: "/a" }, at("2026-01-01T00:00:00Z"));
    const deep = aRoute("deep", { host: "b.a.x.test" }, at("2026-01-01T00:00:00Z"));
    const theirs = wildcard("w", at("2026-01-02T00:00:00Z", "other"));
    const own = wildcard("own", at("2026-01-03T00:00:00Z"));
    const { admissions } = build({ routes: [exact, theirs, own] });
    expect(admissions.get("other/w")).toMatchObject({
      reason: "HostAlreadyClaimed",
      message: "a route in another namespace holds a.x.test and is older than w",
    });
    expect(admissions.get("default/own")).toMatchObject({ admitted: true });
    expect(build({ routes: [deep, theirs] }).admissions.get("other/w")).toMatchObject({ admitted: true });
  });

  test("the names below the platform's domain stay the apps'", () => {
    const { admissions } = build({
      routes: [aRoute("a", { host: "any.apps.test", wildcardPolicy: "Subdomain" })],
    });
    expect(admissions.get("default/a")).toMatchObject({ reason: "HostReserved" });
  });
});

test("one Secret is ordered once for all who name it; who asks for it in another way is told", () => {
  const acme = { "kubernetes.io/tls-acme": "true" };
  const tls = { termination: "edge" as const, externalCertificate: { name: "all" } };
  const routes = ["a", "b"].map((name) =>
    aRoute(
      name,
      { host: `${name}.test`, tls },
      { annotations: acme, creationTimestamp: "2026-01-01T00:00:00Z" },
    ),
  );
  const paths = [{ path: "/", pathType: "Prefix" as const, backend: toService("c") }];
  const ingress = anIngress(
    "c",
    { rules: [{ host: "c.test", http: { paths } }], tls: [{ hosts: ["c.test"], secretName: "all" }] },
    {
      annotations: { ...acme, "nagi.dev/acme-email": "ops@c.test" },
      creationTimestamp: "2026-01-02T00:00:00Z",
    },
  );
  const table = build({ routes, ingresses: [ingress], classes: [nagiClass], services: [aService("c")] });
  expect(table.orders.map(({ names }) => names)).toEqual([["a.test", "b.test"]]);
  expect(table.ingresses[0]?.problems).toMatchObject([
    { reason: "SecretInUse", message: expect.stringMatching(/^secret all has the certificate of route a,/) },
  ]);
});
