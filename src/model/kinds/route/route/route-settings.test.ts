import { expect, test } from "vitest";
import { parseRate, parseRedirect, parseSize, routeSettings, settingErrors } from "./route-settings.ts";

test.each([
  ["timeout", ["1s", "500ms", "5m"], ["0s", "5", "1s\nserver x", "soon", "25d", "500us"]],
  ["rewrite", ["/", "/v1/"], ["v1", "/a b", "/a\n", `/${"a".repeat(1000)}`]],
  [
    "allow",
    ["192.0.2.7 10.0.0.0/8", "2001:db8::/32,::1"],
    ["", "10.0.0.0/33", "10.0.0.1/", "host", "::1/129", "fe80::1%eth0"],
  ],
  ["rate-limit", ["10/s", "1/h"], ["0/s", "10", "10/d", "-1/s"]],
  ["max-body", ["0", "512k", "1G"], ["1t", "-1", "1.5m"]],
  [
    "redirect",
    ["https://x.test", "301 http://x.test:80/a"],
    ["x.test", "200 https://x.test", "https://x.test/'\n"],
  ],
  ["request-header", ["X-A: b", "X-A:\nX-B: c"], ["X A: b", "X-A", "X-A: \u0001", "X-A: b\n"]],
  [
    "basic-auth",
    [`ann:${"0".repeat(8)}:${"a".repeat(64)}`],
    ["ann:secret", "ann", `a b:00000000:${"a".repeat(64)}`],
  ],
  ["hsts", ["max-age=1", "max-age=1; includeSubDomains;preload"], ["max-age", "max-age=1;\nx"]],
  ["sticky", ["SEAT_1"], ["a b", "a;b", ""]],
  ["app-protocol", ["h2c"], ["grpc"]],
  ["maintenance", ["on", "Back at 9."], ["a\nb", "", "é"]],
] as const)("%s takes what it is for, and nothing else", (name, good, bad) => {
  const { check } = routeSettings[name];
  for (const value of good) expect(check(value), value).toBeUndefined();
  for (const value of bad) expect(check(value), JSON.stringify(value)).toContain("must be");
});

const aRoute = { apiVersion: "route.openshift.io/v1", kind: "Route" };

test("an error names the annotation, by whichever name it goes", () => {
  const annotations = { "haproxy.router.openshift.io/ip_whitelist": "here" };
  expect(settingErrors({ ...aRoute, metadata: { annotations } })).toMatchObject([
    { path: "metadata.annotations[haproxy.router.openshift.io/ip_whitelist]", value: "here" },
  ]);
});

test("values are read", () => {
  expect(parseRate("100/m")).toEqual({ requests: 100, seconds: 60 });
  expect([parseSize("2K"), parseSize("1g")]).toEqual([2048, 1024 ** 3]);
  expect(parseRedirect("308 https://x.test/a/")).toEqual({ status: 308, url: "https://x.test/a" });
});
