import { describe, expect, it } from "vitest";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { servedCondition } from "../../model/kinds/route/route/served.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { newObject } from "../../model/kind.ts";
import type { Condition } from "../../model/meta.ts";
import { isRouted, routedWaitMs } from "./routed.ts";

const nowMs = Date.parse("2026-01-01T00:01:00Z");

function aPod(podIP: string, readyForMs = 0, status: Condition["status"] = "True"): Pod {
  const lastTransitionTime = new Date(nowMs - readyForMs).toISOString();
  const conditions = [{ type: "Ready", status, lastTransitionTime }];
  return newObject<Pod>(
    pod,
    { name: podIP },
    { spec: { containers: [{ name: "web" }] }, status: { podIP, conditions } },
  );
}

function aRoute(served: readonly string[] | undefined, spec: Partial<Route["spec"]> = {}): Route {
  const admitted: Condition = { type: "Admitted", status: "True" };
  const conditions = served === undefined ? [admitted] : [admitted, servedCondition(served)];
  return newObject<Route>(
    route,
    { name: "shop" },
    {
      spec: { to: { name: "shop" }, ...spec },
      status: { ingress: [{ host: "shop.localhost", conditions }] },
    },
  );
}

describe("isRouted", () => {
  const pods = [aPod("10.0.0.2"), aPod("10.0.0.1"), aPod("10.0.0.3", 0, "False")];

  it.each<[string, readonly Route[], boolean]>([
    ["to all that are ready, in any order", [aRoute(["10.0.0.1", "10.0.0.2"])], true],
    ["to none", [aRoute([])], false],
    ["to some only", [aRoute(["10.0.0.1"])], false],
    ["to those of before too", [aRoute(["10.0.0.1", "10.0.0.2", "10.0.0.9"])], false],
    ["by one of two routes only", [aRoute(["10.0.0.1", "10.0.0.2"]), aRoute([])], false],
    ["by a router that says nothing", [aRoute(undefined)], true],
    ["among other services", [aRoute(["10.0.0.7"], { alternateBackends: [{ name: "other" }] })], true],
    ["by no route", [], true],
  ])("%s", (_name, routes, expected) => {
    expect(isRouted(routes, pods, nowMs)).toBe(expected);
  });

  it("waits for a silent router no longer than it may", () => {
    expect(isRouted([aRoute([])], [aPod("10.0.0.1", routedWaitMs)], nowMs)).toBe(true);
    expect(isRouted([aRoute([])], [aPod("10.0.0.1", routedWaitMs), aPod("10.0.0.2", 1)], nowMs)).toBe(false);
  });
});
