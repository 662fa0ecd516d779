import { describe, expect, test } from "vitest";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { Release, ReleaseStatus } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { app, besidePod, input, nowIso, nowMs, plan, release, running, v1 } from "./testing/deploy-plans.ts";
import { planWishedDeploy } from "./cutover-plan.ts";

describe("a canary", () => {
  const at = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
  const fresh = release(2, "Deploying", { isCanary: true });
  const going = (canary: NonNullable<ReleaseStatus["canary"]>) =>
    release(2, "Deploying", {
      isCanary: true,
      canary: { since: at(10), step: 0, weight: 5, beforeRequests: 9, ...canary },
    });
  const both = (of: Release) => ({ releases: [v1, of], deployments: [running(v1)], beside: running(of) });

  test("gets its first share when its instances are ready and the router knows them", () => {
    expect(plan(both(fresh))).toEqual({
      runs: ["v1", "v2"],
      serves: "v1",
      weight: 5,
      changes: ["v2 Deploying"],
    });
    expect(plan({ ...both(fresh), isPreviewed: () => false })).not.toHaveProperty("weight");
    expect(plan({ ...both(fresh), beside: running(fresh, 0) })).not.toHaveProperty("weight");
  });

  test("gets the next share, and after the last one all", () => {
    expect(plan(both(going({ since: at(61) })))).toMatchObject({ serves: "v1", weight: 25 });
    const last = plan(both(going({ since: at(61), step: 2, weight: 50 })));
    expect(last).toEqual({ runs: ["v1", "v2"], serves: "v2", changes: ["v2 Deploying"] });
    const all = both(going({ step: 3, weight: 100 }));
    expect(plan({ ...all, isServed: () => false })).toMatchObject({ serves: "v2", changes: [] });
    expect(plan(all)).toMatchObject({ serves: "v2", changes: ["v2 Live", `v1 Superseded ${nowIso}`] });
  });

  test("is given up by what was counted, or when it is not ready at the end of a step", () => {
    const bad = plan(both(going({ requests: 100, serverErrors: 2 })));
    expect(bad).toEqual({ runs: ["v1", undefined], serves: "v1", changes: ["v2 Failed"] });
    const over = both(going({ since: at(61) }));
    expect(plan({ ...over, beside: running(fresh, 0) }).changes).toEqual(["v2 Failed"]);
  });

  test("is given up with all requests, too, when its instances fail or are not all there in time", () => {
    const all = both(going({ since: at(10), step: 3, weight: 100 }));
    const gone = { runs: ["v1", undefined], serves: "v1", changes: ["v2 Failed"] };
    const some = running(fresh, 0);
    expect(plan({ ...all, beside: some })).toMatchObject({ serves: "v2", changes: [] });
    expect(plan({ ...all, beside: some, nowMs: nowMs + 20_000 })).toEqual(gone);
    const conditions = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];
    const late = { ...some, status: { ...some.status, conditions } } as typeof some;
    expect(plan({ ...all, beside: late })).toEqual(gone);
  });

  test("is not given up for what an earlier canary's instances answered", () => {
    const own = besidePod(2);
    const beside = running(fresh);
    own.metadata.name = `${beside.metadata.name}-bbb-1`;
    const counted = (name: string) =>
      plan({
        ...both(going({})),
        beside,
        pods: [own],
        metrics: [
          newObject<RouteMetrics>(
            routeMetrics,
            { name: "shop" },
            { timestamp: nowIso, targets: [{ name, requests: 50, serverErrors: 50, p95Ms: 5 }] },
          ),
        ],
      }).changes;
    expect(counted(`${beside.metadata.name}-aaa-1`)).toEqual(["v2 Deploying"]);
    expect(counted(own.metadata.name)).toEqual(["v2 Failed"]);
    // Of its own set, though it is gone.
    expect(counted(`${beside.metadata.name}-bbb-2`)).toEqual(["v2 Failed"]);
  });

  test("counts for the live release what its instances answered that were a canary before", () => {
    const instance = {
      ...besidePod(1),
      metadata: { ...besidePod(1).metadata, name: "shop-web--next-aaa-1" },
    };
    const target = { name: "shop-web--next-aaa-1", requests: 50, serverErrors: 0, p95Ms: 5 };
    const metrics = [
      newObject<RouteMetrics>(routeMetrics, { name: "shop" }, { timestamp: nowIso, targets: [target] }),
    ];
    const beside = running(fresh);
    const named = { ...beside, metadata: { ...beside.metadata, name: "shop-web--next" } };
    const found = planWishedDeploy(input({ ...both(going({})), beside: named, pods: [instance], metrics }));
    expect(found.changes[0]?.canary).toMatchObject({ beforeRequests: 59 });
  });

  test("goes on while the live release changes its number", () => {
    const changing = running(v1);
    changing.metadata.generation = 2;
    expect(plan({ ...both(going({})), deployments: [changing] })).toMatchObject({
      runs: ["v1", "v2"],
      weight: 5,
    });
  });

  test("gives way to a newer release, which begins anew", () => {
    const third = release(3, "Pending", { isCanary: true });
    expect(plan({ ...both(going({})), releases: [v1, going({}), third] })).toEqual({
      runs: ["v1", "v3"],
      serves: "v1",
      changes: ["v3 Deploying", "v2 Superseded"],
    });
  });

  test("is promoted, paused and resumed by a wish, and only while it is under way", () => {
    const wished = (action: string, of = going({})) =>
      plan({ ...both(of), app: app(`${action} v2 ${nowIso}`) });
    for (const action of ["promote", "pause", "resume"])
      expect(wished(action)).toMatchObject({ changes: ["v2 Deploying"], settled: "done" });
    expect(wished("cancel")).toMatchObject({ changes: ["v2 Failed"], settled: "done" });
    expect(wished("pause", release(2, "Held")).settled).toContain("cannot pause v2: it is Held");
  });
});
