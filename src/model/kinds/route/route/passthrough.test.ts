import { expect, test } from "vitest";
import { newObject } from "../../../kind.ts";
import { validateObject } from "../../../validate.ts";
import { route, type Route } from "./route.ts";

function withTls(
  termination: "edge" | "passthrough",
  annotations: Record<string, string>,
  spec: Partial<Route["spec"]> = {},
): Route {
  return newObject<Route>(
    route,
    { name: "bank", namespace: "default", annotations },
    { spec: { to: { kind: "Service", name: "bank", weight: 100 }, tls: { termination }, ...spec } },
  );
}

const errorsOf = (object: Route): string[] =>
  validateObject(route, object).map(({ path, detail }) => `${path}: ${detail}`);

test("settings of HTTP are refused where TLS passes through, and those of connections are not", () => {
  const limit = { "nagi.dev/max-body": "10m" };
  expect(errorsOf(withTls("edge", limit))).toEqual([]);
  expect(errorsOf(withTls("passthrough", limit))).toEqual([
    "metadata.annotations[nagi.dev/max-body]: it is about HTTP; a route that passes TLS through can have timeout, tunnel-timeout, allow, balance",
  ]);
  expect(errorsOf(withTls("passthrough", { "nagi.dev/maintenance": "on" }))).toHaveLength(1);
  const connections = {
    "haproxy.router.openshift.io/ip_whitelist": "10.0.0.0/8",
    "haproxy.router.openshift.io/timeout": "5m",
    "haproxy.router.openshift.io/balance": "source",
  };
  expect(errorsOf(withTls("passthrough", connections))).toEqual([]);
  const httpHeaders = { actions: { request: [{ name: "X-Old", action: { type: "Delete" as const } }] } };
  expect(errorsOf(withTls("edge", {}, { httpHeaders }))).toEqual([]);
  expect(errorsOf(withTls("passthrough", {}, { httpHeaders }))).toEqual([
    "spec.httpHeaders: it is about HTTP, of which a route that passes TLS through reads nothing",
  ]);
});
