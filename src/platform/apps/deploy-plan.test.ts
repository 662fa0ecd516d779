import { describe, expect, test } from "vitest";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { Release, ReleaseStatus } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { goingOn, waiting } from "./adoption.ts";
import { appDeployment, newRelease } from "./app-objects.ts";
import { planWishedDeploy, type WishedInput } from "./cutover-plan.ts";
import { deployWishAnnotation } from "./deploy-wish.ts";
import type { Phase } from "./rollout.ts";

const nowMs = Date.parse("2026-03-01T12:00:00Z");
const nowIso = new Date(nowMs).toISOString();
const later = "2026-03-01T12:05:00.000Z";

const app = (wish?: string): App =>
  newObject<App>(
    appKind,
    {
      name: "shop",
      uid: "u",
      ...(wish === undefined ? {} : { annotations: { [deployWishAnnotation]: wish } }),
    },
    { spec: {} },
  );

function release(
  version: number,
  phase: Phase,
  more: Partial<ReleaseStatus & { hold: boolean; isCanary: boolean }> = {},
): Release {
  const { hold = version > 1, isCanary = false, ...status } = more;
  const spec = {
    app: "shop",
    version,
    image: "i",
    processes: { web: {} },
    configSecret: `s${version}`,
    hold,
    ...(isCanary && { canary: true }),
  };
  const made = newRelease(app(), { spec, config: {}, annotations: {} });
  return { ...made, status: { phase, ...status } };
}

function running(of: Release, available = 1): Deployment {
  const made = appDeployment(app(), { target: of, process: "web" });
  const status = { observedGeneration: 1, availableReplicas: available, updatedReplicas: 1, replicas: 1 };
  return { ...made, metadata: { ...made.metadata, generation: 1 }, status };
}

const besidePod = (version: number): Pod => aPod(version, "shop-web--next");
const aPod = (version: number, of: string): Pod =>
  newObject<Pod>(
    pod,
    {
      name: `${of}-${version}-x`,
      labels: { "nagi.dev/process": "web", "nagi.dev/release": `v${version}` },
    },
    { spec: { containers: [] } },
  );

const input = (given: Partial<WishedInput>): WishedInput => ({
  app: app(),
  releases: [],
  deployments: [],
  pods: [],
  beside: undefined,
  previewUrl: "http://shop--next.localhost",
  nowMs,
  metrics: [],
  isServed: () => true,
  isPreviewed: () => true,
  ...given,
});

const plan = (given: Partial<WishedInput>) => {
  const found = planWishedDeploy(input(given));
  const name = (each: Release | undefined) => (each === undefined ? undefined : `v${each.spec.version}`);
  return {
    runs: [name(found.webTarget ?? found.target), name(found.beside)],
    serves: name(found.serving),
    ...(found.canaryWeight === undefined ? {} : { weight: found.canaryWeight }),
    ...(found.adopts === undefined ? {} : { adopts: found.adopts }),
    changes: found.changes.map(({ release: { spec }, phase, standbyUntil }) =>
      [`v${spec.version}`, phase, ...(standbyUntil === undefined ? [] : [String(standbyUntil)])].join(" "),
    ),
    ...(found.settled === undefined ? {} : { settled: found.settled.problem ?? "done" }),
  };
};

const v1 = release(1, "Live");
const held = release(2, "Held");

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
    const web = running(v1);
    web.metadata.annotations = { ...web.metadata.annotations, "nagi.dev/recreate": "volume" };
    const next = release(2, "Pending");
    expect(plan({ releases: [v1, next], deployments: [web] })).toMatchObject({ runs: ["v2", undefined] });
    const withVolume = newObject<App>(
      appKind,
      { name: "shop", uid: "u" },
      { spec: { volumes: [{ claim: "data", path: "/data" }] } },
    );
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
    expect(plan({ ...input, deployments: [running(third)] })).toMatchObject({
      runs: ["v3", undefined],
      serves: undefined,
      changes: ["v3 Live", "v2 Superseded"],
    });
  });
});

describe("the instances that ran beside", () => {
  const [old, fresh] = [release(1, "Superseded"), release(2, "Live")];
  const adopting = (seen: boolean, since = nowIso): Deployment => {
    const present = running(old);
    const made = waiting(
      appDeployment(app(), { target: fresh, process: "web", present }),
      running(fresh),
      since,
    );
    const status = {
      observedGeneration: seen ? 2 : 1,
      replicas: 1,
      updatedReplicas: 0,
      availableReplicas: 1,
    };
    return { ...made, metadata: { ...made.metadata, generation: 2 }, status };
  };
  const given = { releases: [old, fresh], beside: running(fresh) };

  test("are let go of when the main deployment is seen to be paused, and become its own", () => {
    expect(adopting(true).spec.paused).toBe(true);
    const prepared = { runs: ["v2", "v2"], serves: "v2", adopts: "prepare", changes: [] };
    expect(plan({ ...given, deployments: [adopting(false)] })).toEqual(prepared);
    expect(plan({ ...given, deployments: [adopting(true)] })).toEqual({ ...prepared, adopts: "take" });
    const letGo = plan({ ...given, beside: undefined, deployments: [adopting(true)] });
    expect(letGo).toEqual({ runs: ["v2", undefined], serves: "v2", adopts: "take", changes: [] });
    const taken = adopting(true);
    const status = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    const after = plan({ ...given, beside: undefined, deployments: [{ ...taken, status }] });
    expect(after).toEqual({ runs: ["v2", undefined], serves: undefined, changes: [] });
    const goesOn = goingOn(appDeployment(app(), { target: fresh, process: "web", present: taken }));
    expect(goesOn.spec.paused).toBeUndefined();
    expect(goesOn.spec.template).toEqual(taken.spec.template);
  });

  test("are let go of only when they are ready and as many as the main deployment wants", () => {
    const given2 = { ...given, deployments: [adopting(true)] };
    expect(plan({ ...given2, beside: running(fresh, 0) })).toMatchObject({ adopts: "prepare" });
    const more = adopting(true);
    more.spec.replicas = 2;
    expect(plan({ ...given2, deployments: [more] })).toMatchObject({ adopts: "prepare" });
    const begun = plan({ ...given, deployments: [running(old)], beside: running(fresh, 0) });
    expect(begun).toEqual({ runs: ["v2", "v2"], serves: "v2", changes: [] });
  });

  test("that were not taken over in time are so no more, and serve alone as long as older ones run", () => {
    const late = { nowMs: nowMs + 31_000 };
    const goesOn = goingOn(adopting(true));
    const rolling = { runs: ["v2", "v2"], serves: "v2", changes: [] };
    expect(plan({ ...given, deployments: [goesOn] })).toEqual(rolling);
    const letGo = { ...given, beside: undefined, deployments: [adopting(true)], ...late };
    const pods = [aPod(1, "shop-web"), besidePod(2)];
    expect(plan({ ...letGo, pods })).toEqual({ runs: ["v2", undefined], serves: "v2", changes: [] });
    expect(plan({ ...letGo, pods: pods.slice(1) })).toMatchObject({ serves: undefined });
  });

  test("of other options than the deployment's give it not their template", () => {
    const present = running(old);
    const made = appDeployment(app(), { target: fresh, process: "web", present });
    const other = running(fresh);
    other.metadata.annotations = { ...other.metadata.annotations, "nagi.dev/template": "other" };
    other.spec.template = { ...other.spec.template, metadata: { labels: { of: "others" } } };
    expect(waiting(made, other, nowIso).spec.template).toEqual(made.spec.template);
  });

  test("are waited for by a newer release, and not for ever", () => {
    const third = release(3, "Pending", { hold: false });
    const input = { releases: [old, fresh, third], deployments: [adopting(true)] };
    expect(plan(input)).toEqual({ runs: ["v2", undefined], serves: "v2", adopts: "take", changes: [] });
    const late = { ...input, nowMs: nowMs + 31_000 };
    expect(plan(late)).toMatchObject({ runs: ["v3", undefined], serves: undefined });
  });

  test("are started anew where they are of something else, or where somebody paused the deployment", () => {
    const other = running(fresh);
    other.metadata.annotations = { ...other.metadata.annotations, "nagi.dev/template": "other" };
    const anew = { runs: ["v2", "v2"], serves: "v2", changes: [] };
    expect(plan({ ...given, deployments: [running(old)], beside: other })).toEqual(anew);
    const paused = running(old);
    paused.spec.paused = true;
    expect(plan({ ...given, deployments: [paused] })).toEqual(anew);
    const goesOn = goingOn(appDeployment(app(), { target: fresh, process: "web", present: paused }));
    expect(goesOn.spec.paused).toBe(true);
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
