import { describe, expect, test } from "vitest";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { appDeployment } from "./app-objects.ts";
import { goingOn, waiting } from "./adoption.ts";
import { aPod, app, besidePod, nowIso, nowMs, plan, release, running } from "./testing/deploy-plans.ts";

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
    const evicted = { ...aPod(1, "shop-web"), status: { phase: "Failed" as const } };
    expect(plan({ ...letGo, pods: [evicted] })).toMatchObject({ serves: undefined });
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
