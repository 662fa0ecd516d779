import { describe, expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import {
  aPod,
  app,
  besidePod,
  held,
  later,
  nowIso,
  plan,
  release,
  running,
  v1,
} from "./testing/deploy-plans.ts";

const withVolume = newObject<App>(
  appKind,
  { name: "shop", uid: "u" },
  { spec: { volumes: [{ claim: "data", path: "/data" }] } },
);

describe("a held release", () => {
  test("runs beside the live one, which gets all requests, and is held when it is ready", () => {
    const fresh = release(2, "Pending");
    const starting = plan({ releases: [v1, fresh], deployments: [running(v1)] });
    expect(starting).toEqual({ runs: ["v1", "v2"], serves: "v1", changes: ["v2 Deploying"] });
    const ready = plan({ releases: [v1, fresh], deployments: [running(v1)], beside: running(fresh) });
    expect(ready).toEqual({ runs: ["v1", "v2"], serves: "v1", changes: ["v2 Held"] });
    const given = { releases: [v1, fresh], deployments: [running(v1)], beside: running(fresh) };
    expect(plan({ ...given, isPreviewed: () => false }).changes).toEqual(["v2 Deploying"]);
  });

  test("waits while the live one is not all there is in the main place", () => {
    const fresh = release(2, "Pending");
    expect(plan({ releases: [v1, fresh], deployments: [running(release(3, "Failed"))] })).toEqual({
      runs: ["v1", undefined],
      serves: undefined,
      changes: ["v2 Deploying"],
    });
  });

  test("is deployed as any other when none is live yet, or when it has a volume", () => {
    const first = release(1, "Pending", { hold: true });
    expect(plan({ releases: [first] })).toMatchObject({ runs: ["v1", undefined], serves: undefined });
    const worker = release(1, "Live");
    worker.spec.processes = { worker: {} };
    const adds = { releases: [worker, release(2, "Pending")], deployments: [] };
    expect(plan(adds)).toMatchObject({ runs: ["v2", undefined], serves: undefined });
    const web = running(v1);
    web.metadata.annotations = { ...web.metadata.annotations, "nagi.dev/recreate": "volume" };
    const next = release(2, "Pending");
    expect(plan({ releases: [v1, next], deployments: [web] })).toMatchObject({ runs: ["v2", undefined] });
    const given = { app: withVolume, releases: [v1, next], deployments: [running(v1)] };
    expect(plan(given)).toMatchObject({ runs: ["v2", undefined] });
  });

  test("that was cancelled is gone before the service leads to all, and before another one takes over", () => {
    const cancelled = release(2, "Failed");
    const third = release(3, "Pending", { hold: false });
    const given = { releases: [v1, cancelled, third], deployments: [running(v1)], pods: [besidePod(2)] };
    expect(plan({ ...given, beside: running(cancelled) })).toMatchObject({
      runs: ["v1", undefined],
      serves: "v1",
    });
    expect(plan(given)).toMatchObject({ runs: ["v1", undefined], serves: "v1" });
    expect(plan({ ...given, pods: [] })).toMatchObject({ runs: ["v3", undefined], serves: undefined });
    const evicted = { ...besidePod(2), status: { phase: "Failed" as const } };
    expect(plan({ ...given, pods: [evicted] })).toMatchObject({ runs: ["v3", undefined], serves: undefined });
  });

  test("that gets a volume is given up, and does not take over unasked", () => {
    const given = { app: withVolume, deployments: [running(v1)] };
    for (const each of [held, release(2, "Deploying", { isCanary: true })]) {
      const found = plan({ ...given, releases: [v1, each], beside: running(each) });
      expect(found).toEqual({ runs: ["v1", undefined], serves: "v1", changes: ["v2 Failed"] });
    }
  });

  test("while it waits, instances that the live one has replaced get no requests", () => {
    const [fresh, third] = [release(2, "Live"), release(3, "Pending")];
    const made = running(fresh);
    const mixed = { ...made, status: { ...made.status, replicas: 2 } };
    const given = { releases: [release(1, "Superseded"), fresh, third], deployments: [mixed] };
    expect(plan({ ...given, pods: [aPod(1, "shop-web")] })).toMatchObject({ serves: "v2" });
    expect(plan({ ...given, pods: [aPod(2, "shop-web")] })).toMatchObject({ serves: undefined });
  });
});

describe("a cutover", () => {
  const given = { releases: [v1, held], deployments: [running(v1)], beside: running(held) };
  const wish = (action: string, at = nowIso) => ({ app: app(`${action} ${at}`) });

  test("first leads the service to the new release, and is done when the router serves it", () => {
    const before = plan({ ...given, ...wish("cutover v2"), isServed: () => false });
    expect(before).toEqual({ runs: ["v1", "v2"], serves: "v2", changes: [] });
    const after = plan({ ...given, ...wish("cutover v2") });
    expect(after).toEqual({
      runs: ["v1", "v2"],
      serves: "v2",
      changes: ["v2 Live", "v1 Superseded 2026-03-01T12:10:00.000Z"],
      settled: "done",
    });
  });

  test("does not wait for ever for a router that does not tell", () => {
    const long = wish("cutover v2", "2026-03-01T11:59:00Z");
    expect(plan({ ...given, ...long, isServed: () => false })).toMatchObject({ settled: "done" });
  });

  test("that was killed between its two writes is finished", () => {
    const half = { ...given, releases: [v1, release(2, "Live")] };
    expect(plan({ ...half, ...wish("cutover v2") })).toMatchObject({
      runs: ["v1", "v2"],
      serves: "v2",
      changes: ["v1 Superseded 2026-03-01T12:10:00.000Z"],
      settled: "done",
    });
  });

  test("is refused for what is not ready or not held, with the reason", () => {
    const unready = plan({ ...given, beside: running(held, 0), ...wish("cutover v2") });
    expect(unready).toMatchObject({
      serves: "v1",
      settled: "cannot cut over to v2: it is not ready: web: 0 of 1 ready",
    });
    expect(plan({ ...given, ...wish("cutover v9") })).toMatchObject({ settled: "there is no release v9" });
  });

  const [old, fresh] = [release(1, "Superseded", { standbyUntil: later }), release(2, "Live")];
  const over = { releases: [old, fresh], deployments: [running(old)], beside: running(fresh) };

  test("leaves the release before running for the way back, and then takes its place", () => {
    expect(plan(over)).toEqual({ runs: ["v1", "v2"], serves: "v2", changes: [] });
    const ended = plan({ ...over, nowMs: Date.parse(later) + 1 });
    expect(ended).toEqual({
      runs: ["v2", "v2"],
      serves: "v2",
      adopts: "prepare",
      changes: ["v1 Superseded null"],
    });
    const moved = plan({
      releases: [release(1, "Superseded"), fresh],
      deployments: [running(fresh)],
      beside: running(fresh),
    });
    expect(moved).toEqual({ runs: ["v2", undefined], serves: undefined, changes: [] });
  });

  test("can be taken back, also when that was killed half-way", () => {
    const back = wish("back v1");
    expect(plan({ ...over, ...back, isServed: () => false })).toEqual({
      runs: ["v1", "v2"],
      serves: "v1",
      changes: [],
    });
    const done = { runs: ["v1", "v2"], serves: "v1", settled: "done" };
    expect(plan({ ...over, ...back })).toMatchObject({ ...done, changes: ["v2 Held", "v1 Live null"] });
    const half = { ...over, releases: [old, held] };
    expect(plan({ ...half, ...back })).toMatchObject({ ...done, changes: ["v2 Held", "v1 Live null"] });
    const late = plan({ ...given, releases: [release(1, "Superseded"), fresh], ...back });
    expect(late.settled).toBe("v1 does not run any more. To deploy it anew: nagi rollback v1");
  });

  test("that took all requests of a canary stays taken back", () => {
    const canary = { step: 2, weight: 100, since: "2026-03-01T11:00:00Z" };
    const releases = [v1, release(2, "Held", { isCanary: true, canary })];
    const back = { ...over, releases, deployments: [running(v1)], beside: running(releases[1] ?? v1) };
    expect(plan(back)).toMatchObject({ runs: ["v1", "v2"], serves: "v1", changes: ["v2 Held"] });
    expect(plan({ ...back, ...wish("cutover v2") })).toMatchObject({ serves: "v2", settled: "done" });
  });

  test("leaves nothing beside when the app gets a volume", () => {
    expect(plan({ ...over, app: withVolume })).toEqual({
      runs: ["v2", undefined],
      serves: "v2",
      changes: ["v1 Superseded null"],
    });
  });

  test("is over when another release comes: that waits until the live one has moved", () => {
    const third = release(3, "Pending");
    expect(plan({ ...over, releases: [old, fresh, third] })).toEqual({
      runs: ["v2", "v2"],
      serves: "v2",
      adopts: "prepare",
      changes: ["v3 Deploying", "v1 Superseded null"],
    });
  });

  test("a release that takes over bit by bit does so while the live one serves from beside", () => {
    const third = release(3, "Deploying", { hold: false });
    const input = { ...over, releases: [release(1, "Superseded"), fresh, third] };
    expect(plan(input)).toMatchObject({ runs: ["v3", "v2"], serves: "v2" });
    // Ready, it must be served to be live.
    const told = { ...input, deployments: [running(third)], isRouted: () => false };
    expect(plan(told)).toMatchObject({ runs: ["v3", "v2"], serves: "v3", changes: ["v3 Deploying"] });
    expect(plan({ ...input, deployments: [running(third)] })).toMatchObject({
      runs: ["v3", undefined],
      serves: undefined,
      changes: ["v3 Live", "v2 Superseded"],
    });
  });
});

describe("cancelling", () => {
  const given = { releases: [v1, held], deployments: [running(v1)], beside: running(held) };

  test("makes the release a failed one, and the live one goes on", () => {
    const found = plan({ ...given, app: app(`cancel v2 ${nowIso}`) });
    expect(found).toMatchObject({ serves: "v1", changes: ["v2 Failed"], settled: "done" });
  });

  test("is refused for what is live", () => {
    const found = plan({ ...given, app: app(`cancel v1 ${nowIso}`) });
    expect(found.settled).toBe("cannot cancel v1: it is Live. To go back from a live release: nagi rollback");
  });
});
