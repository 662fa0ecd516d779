import { expect, test } from "vitest";
import { newObject } from "../../../kind.ts";
import { inForceCondition, isInForce } from "./in-force.ts";
import { route, type Route } from "./route.ts";

function aRoute(annotations: Record<string, string>, told?: Route): Route {
  const condition = told === undefined ? undefined : inForceCondition(told);
  const conditions = condition === undefined ? [] : [condition];
  return newObject<Route>(
    route,
    { name: "a", namespace: "default", annotations },
    {
      spec: { to: { kind: "Service", name: "a", weight: 100 } },
      status: { ingress: [{ routerName: "default", conditions }] },
    },
  );
}

test("settings are in force when the router has told of these very ones", () => {
  const slow = { "haproxy.router.openshift.io/timeout": "60s" };
  const other = { "haproxy.router.openshift.io/timeout": "61s" };
  expect(isInForce(aRoute({}))).toBe(true);
  expect(isInForce(aRoute({ unrelated: "x" }))).toBe(true);
  expect(isInForce(aRoute(slow))).toBe(false);
  expect(isInForce(aRoute(slow, aRoute(slow)))).toBe(true);
  expect(isInForce(aRoute(slow, aRoute(other)))).toBe(false);
  expect(isInForce(aRoute({}, aRoute(slow)))).toBe(false);
});

test("values are not told", () => {
  const secret = aRoute({ "nagi.dev/request-headers": "X-Key: sesame" });
  expect(inForceCondition(secret)?.message).toMatch(/^settings [0-9a-f]{12}$/);
});
