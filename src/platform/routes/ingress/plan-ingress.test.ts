import { describe, expect, test } from "vitest";
import { newObject } from "../../../model/kind.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { buildRouteTable, type RouteObjects } from "../route-table.ts";
import { aRoute, aService, aSlice, anIngress, nagiClass, toService } from "../testing/route-objects.ts";

const build = (ingresses: readonly Ingress[], objects: Partial<RouteObjects> = {}) =>
  buildRouteTable(
    { routes: [], services: [], slices: [], classes: [nagiClass], secrets: [], ...objects, ingresses },
    { domain: "apps.test", reservedHosts: ["localhost"] },
  );

type Rules = NonNullable<Ingress["spec"]["rules"]>;
type PathType = "Exact" | "Prefix" | "ImplementationSpecific";

const rule = (
  host: string,
  ...paths: readonly [path: string, pathType: PathType, to: string][]
): Rules[number] => ({
  host,
  http: { paths: paths.map(([path, pathType, to]) => ({ path, pathType, backend: toService(to) })) },
});

/** `host path service`, with `=` before a whole path. */
const lines = (ingresses: readonly Ingress[], objects: Partial<RouteObjects> = {}) => {
  const { rules } = build(ingresses, objects);
  return rules.map(
    ({ host, path, isExact, backend }) => `${host} ${isExact ? "=" : ""}${path} ${backend.split(":")[1]}`,
  );
};
const problems = (ingresses: readonly Ingress[], objects: Partial<RouteObjects> = {}) =>
  build(ingresses, objects).ingresses.flatMap((each) =>
    each.problems.map(({ reason, message }) => [reason, message]),
  );

describe("an Ingress becomes", () => {
  test("a rule for each path, of the whole path or of its start", () => {
    const rules = [
      rule("X.test", ["/", "Prefix", "a"], ["/b/", "ImplementationSpecific", "b"], ["/c/", "Exact", "c"]),
    ];
    expect(lines([anIngress("i", { rules })])).toEqual(["x.test  a", "x.test /b b", "x.test =/c/ c"]);
  });

  test("wildcards, and any host when it names none", () => {
    const rules = [rule("*.x.test", ["/", "Prefix", "a"]), rule("", ["/api", "Prefix", "b"])];
    expect(lines([anIngress("i", { rules })])).toEqual(["* /api b", "*.x.test  a"]);
  });

  test("what the default backend gets: the rest of its hosts, and hosts that nobody has", () => {
    const rules = [rule("x.test", ["/api", "Prefix", "a"]), rule("y.test", ["/", "Prefix", "b"])];
    expect(lines([anIngress("i", { rules, defaultBackend: toService("d") })])).toEqual([
      "*  d",
      "x.test  d",
      "x.test /api a",
      "y.test  b",
    ]);
  });

  test("endpoints of the Service's port, by name or by its own number, never the pods'", () => {
    const ports = [
      { name: "web", port: 80, targetPort: 8080 },
      { name: "admin", port: 8080, targetPort: 80 },
    ];
    const slices = [
      aSlice(
        "a",
        ["10.0.0.1"],
        [
          { name: "web", port: 8080 },
          { name: "admin", port: 80 },
        ],
      ),
    ];
    const reached = (to: string) => {
      const given = [anIngress("i", { defaultBackend: toService(to) })];
      const [backend] = build(given, { services: [aService("a", ports)], slices }).backends;
      return backend?.endpoints[0]?.port ?? backend?.emptyReason;
    };
    expect(["a:80", "a:8080", "a:web", "a:admin", "a:81", "b:80"].map(reached)).toEqual([
      8080,
      80,
      8080,
      80,
      "its service has no port 81",
      "its service b does not exist",
    ]);
  });

  test("the same backends when its rules are put into another order", () => {
    const rules = [rule("x.test", ["/a", "Prefix", "a"]), rule("y.test", ["/b", "Prefix", "b"])];
    const names = (given: Rules) =>
      build([anIngress("i", { rules: given })]).backends.map(({ name }) => name);
    expect(names(rules.toReversed())).toEqual(names(rules));
    expect(names(rules)[0]).toMatch(/^default:a:ingress\/i\/[0-9a-f]{8}$/);
  });
});

describe("who serves it", () => {
  const spec = { defaultBackend: toService("a") };

  test("is said by its class, or by the old annotation", () => {
    const old = anIngress(
      "i",
      { ...spec, ingressClassName: undefined },
      {
        annotations: { "kubernetes.io/ingress.class": "nagi" },
      },
    );
    expect(lines([old])).toEqual(["*  a"]);
  });

  test("is nobody without a class, and others by theirs", () => {
    const other = { ...nagiClass, metadata: { name: "other" }, spec: { controller: "example.com/other" } };
    const classes = [nagiClass, other];
    const none = anIngress("n", { ...spec, ingressClassName: undefined });
    expect(lines([none, anIngress("i", { ...spec, ingressClassName: "other" })], { classes })).toEqual([]);
    expect(problems([none, anIngress("i", { ...spec, ingressClassName: "other" })], { classes })).toEqual([]);
  });

  test("is told when the class is missing", () => {
    expect(problems([anIngress("i", { ...spec, ingressClassName: "nginx" })])).toEqual([
      ["NoSuchIngressClass", expect.stringContaining('ingress class "nginx" does not exist')],
    ]);
  });
});

describe("conflicts", () => {
  const at = (creationTimestamp: string, namespace = "default") => ({ creationTimestamp, namespace });
  const older = at("2026-01-01T00:00:00Z");
  const newer = at("2026-01-02T00:00:00Z");
  const rules = [rule("x.test", ["/", "Prefix", "b"], ["/only", "Prefix", "b"])];

  test("between a Route and an Ingress are won by the older one, and both are told", () => {
    const late = build([anIngress("i", { rules }, newer)], {
      routes: [aRoute("a", { host: "x.test" }, older)],
    });
    expect(late.ingresses[0]).toMatchObject({
      served: ["x.test/only"],
      problems: [
        {
          reason: "HostAlreadyClaimed",
          message: "x.test/ is not served: route default/a already exposes x.test and is older",
        },
      ],
    });
    const early = build([anIngress("i", { rules }, older)], {
      routes: [aRoute("a", { host: "x.test" }, newer)],
    });
    expect(early.admissions.get("default/a")).toMatchObject({
      message: "ingress default/i already exposes x.test and is older",
    });
    expect(early.ingresses[0]).toMatchObject({ served: ["x.test/", "x.test/only"], problems: [] });
  });

  test("within one Ingress are won by the first path", () => {
    const twice = [rule("x.test", ["/a", "Prefix", "a"], ["/a/", "Prefix", "b"], ["/a", "Exact", "c"])];
    expect(lines([anIngress("i", { rules: twice })])).toEqual(["x.test /a a", "x.test =/a c"]);
    expect(problems([anIngress("i", { rules: twice })])).toEqual([
      ["HostAlreadyClaimed", "x.test/a is not served: it names x.test/a twice"],
    ]);
  });

  test("hosts without a dot are not all the catch-all's", () => {
    const all = anIngress("i", { defaultBackend: toService("a") }, older);
    const { admissions } = build([all], {
      routes: [aRoute("b", { host: "intranet" }, at("2026-01-02T00:00:00Z", "n"))],
    });
    expect(admissions.get("n/b")).toMatchObject({ admitted: true });
  });
});

describe("TLS", () => {
  const rules = [rule("x.test", ["/", "Prefix", "a"]), rule("y.test", ["/", "Prefix", "a"])];
  const bad = newObject<Secret>(
    secret,
    { name: "s", namespace: "default" },
    { type: "kubernetes.io/tls", data: { "tls.crt": "eA==", "tls.key": "eA==" } },
  );
  const policies = (spec: Ingress["spec"], annotations = {}, secrets: readonly Secret[] = []) =>
    build([anIngress("i", spec, { annotations })], { secrets }).rules.map(({ tls }) => tls?.insecure);

  test("is for the hosts that are named, or for all; HTTP is sent on unless it may stay", () => {
    expect(policies({ rules, tls: [{ hosts: ["y.test"] }] })).toEqual([undefined, "Redirect"]);
    expect(policies({ rules, tls: [{}] })).toEqual(["Redirect", "Redirect"]);
    const stay = { "nginx.ingress.kubernetes.io/ssl-redirect": "false" };
    expect(policies({ rules, tls: [{ hosts: ["*.test"] }] }, stay)).toEqual(["Allow", "Allow"]);
  });

  test.each([
    ["missing", [], "there is no such Secret of type kubernetes.io/tls"],
    ["wrong", [bad], "its tls.crt must be a certificate in PEM"],
  ])("with a Secret that is %s is the local authority's, and it is told", (_name, secrets, why) => {
    const spec = { rules, tls: [{ hosts: ["x.test"], secretName: "s" }] };
    expect(policies(spec, {}, secrets)).toEqual(["Redirect", undefined]);
    expect(problems([anIngress("i", spec)], { secrets })).toEqual([
      [
        "BadCertificate",
        `secret s: ${why}; until it is right, x.test is served with a certificate of the local authority`,
      ],
    ]);
  });
});

describe("annotations", () => {
  const withAnnotation = (name: string, value: string) =>
    build([
      anIngress(
        "i",
        { defaultBackend: toService("a") },
        { annotations: { [`nginx.ingress.kubernetes.io/${name}`]: value } },
      ),
    ]);

  test.each([
    ["proxy-read-timeout", "60", "timeout server 60s"],
    ["whitelist-source-range", "10.0.0.0/8,192.0.2.1", "acl allowed src 10.0.0.0/8 192.0.2.1"],
    ["rewrite-target", "/v1", String.raw`http-request replace-path '^/?(.*)$' '/v1/\1'`],
  ])("of ingress-nginx mean the same: %s", (name, value, line) => {
    expect(withAnnotation(name, value).backends[0]?.lines).toContain(line);
  });

  test.each([
    ["auth-url", "https://x", "UnsupportedAnnotation", "everybody would be let in"],
    ["use-regex", "true", "UnsupportedAnnotation", "without patterns"],
    ["backend-protocol", "HTTPS", "UnsupportedAnnotation", "make a Route with reencrypt"],
    ["whitelist-source-range", "nobody", "ExtendedValidationFailed", '"nobody" is none'],
  ])(
    "that would guard or change the meaning keep it from being served: %s",
    (name, value, reason, message) => {
      const { backends, ingresses } = withAnnotation(name, value);
      expect(backends).toEqual([]);
      expect(ingresses[0]).toMatchObject({
        served: [],
        problems: [{ reason, message: expect.stringContaining(message) }],
      });
    },
  );

  test("that are not known change nothing and are told of", () => {
    expect(withAnnotation("enable-cors", "true").ingresses[0]).toMatchObject({
      served: ["*/"],
      problems: [{ reason: "UnknownAnnotation" }],
    });
    expect(withAnnotation("proxy-body-size", "50m").ingresses[0]?.problems).toEqual([]);
  });
});
