import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deployment as deploymentKind,
  type Deployment,
} from "../../../model/kinds/apps/deployment/deployment.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { newObject } from "../../../model/kind.ts";
import { decideDeployment, type DeploymentDecision } from "./decide.ts";
import { nameOf, sizeOf } from "./sizes.ts";

const labels = { app: "web" };
const startMs = Date.parse("2026-01-01T00:00:00Z");

function web(image: string, more: Partial<Deployment["spec"]> = {}): Deployment {
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image }] } };
  const spec = { replicas: 4, selector: { matchLabels: labels }, template, ...more };
  const metadata = { name: "web", namespace: "default", uid: "d", generation: 1, annotations: {} };
  return newObject(deploymentKind, metadata, { spec });
}

/** Deployment and sets as an API would keep them, with pods that are up or not. */
class World {
  deployment: Deployment;
  sets: ReplicaSet[] = [];
  nowMs = startMs;
  readonly pods = new Map<string, { up: number; coming: number }>();

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  decide(): DeploymentDecision {
    return decideDeployment({ deployment: this.deployment, sets: this.sets, pods: [], nowMs: this.nowMs });
  }

  /** One step of the deployment controller. */
  step(): DeploymentDecision {
    const decision = this.decide();
    const { create, update, remove, status, revision } = decision;
    if (create !== undefined) {
      const metadata = {
        ...create.metadata,
        uid: create.metadata.name!,
        generation: 1,
        creationTimestamp: this.#iso(),
      };
      this.sets = [...this.sets, { ...create, metadata }];
      this.pods.set(metadata.name!, { up: 0, coming: 0 });
    }
    for (const { set } of update)
      this.sets = this.sets.map((each) => (nameOf(each) === nameOf(set) ? set : each));
    this.sets = this.sets.filter((set) => !remove.includes(set));
    const annotations =
      revision === undefined
        ? this.deployment.metadata.annotations
        : { "deployment.kubernetes.io/revision": revision };
    this.deployment = { ...this.deployment, metadata: { ...this.deployment.metadata, annotations }, status };
    this.nowMs += 1000;
    return decision;
  }

  /** The replica set controller: pods as wanted, those that are not up go first. */
  follow(name: string): void {
    const set = this.sets.find((each) => nameOf(each) === name);
    const pods = this.pods.get(name);
    if (set === undefined || pods === undefined) return;
    const missing = sizeOf(set) - pods.up - pods.coming;
    if (missing > 0) pods.coming += missing;
    const fromComing = Math.min(pods.coming, Math.max(0, -missing));
    pods.coming -= fromComing;
    pods.up -= Math.max(0, -missing) - fromComing;
    this.#report(name);
  }

  /** A pod of the set comes up. */
  up(name: string): void {
    const pods = this.pods.get(name);
    if (pods === undefined || pods.coming === 0) return;
    pods.coming -= 1;
    pods.up += 1;
    this.#report(name);
  }

  settle(): void {
    for (let round = 0; round < 200; round++) {
      this.step();
      for (const name of this.pods.keys()) {
        this.follow(name);
        this.up(name);
      }
    }
  }

  use(image: string): void {
    const { spec } = web(image);
    const generation = (this.deployment.metadata.generation ?? 0) + 1;
    const metadata = { ...this.deployment.metadata, generation };
    this.deployment = {
      ...this.deployment,
      metadata,
      spec: { ...this.deployment.spec, template: spec.template },
    };
  }

  sizes(): Record<string, number> {
    return Object.fromEntries(
      this.sets.map((set) => [set.spec.template?.spec?.containers[0]?.image, sizeOf(set)]),
    );
  }

  reason(): string | undefined {
    return this.deployment.status?.conditions?.find(({ type }) => type === "Progressing")?.reason;
  }

  #report(name: string): void {
    const { up, coming } = this.pods.get(name)!;
    const status = { replicas: up + coming, readyReplicas: up, availableReplicas: up };
    this.sets = this.sets.map((set) =>
      nameOf(set) === name
        ? { ...set, status: { ...status, observedGeneration: set.metadata.generation } }
        : set,
    );
  }

  #iso(): string {
    return new Date(this.nowMs).toISOString();
  }
}

function settled(image: string, more: Partial<Deployment["spec"]> = {}): World {
  const world = new World(web(image, more));
  world.settle();
  return world;
}

test("a new deployment makes its set at full size and completes", () => {
  const world = new World(web("a"));
  const { create } = world.step();
  expect(create?.spec.replicas).toBe(4);
  expect(create?.metadata.labels?.["pod-template-hash"]).toBe(
    create?.spec.selector.matchLabels?.["pod-template-hash"],
  );
  expect(world.reason()).toBe("NewReplicaSetCreated");
  world.settle();
  expect(world.reason()).toBe("NewReplicaSetAvailable");
  expect(world.deployment.status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 });
  expect(world.step()).toMatchObject({
    create: undefined,
    update: [],
    remove: [],
    requeueAfterMs: undefined,
  });
});

test("an old template comes back with its set, under a new revision", () => {
  const world = settled("a");
  world.use("b");
  world.settle();
  world.use("a");
  world.settle();
  expect(world.sizes()).toEqual({ a: 4, b: 0 });
  const [first] = world.sets;
  expect(first?.metadata.annotations).toMatchObject({
    "deployment.kubernetes.io/revision": "3",
    "deployment.kubernetes.io/revision-history": "1",
  });
  expect(world.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
});

test("fields that are empty make no new version, other changes do", () => {
  const world = settled("a");
  const withContainer = (more: object): Deployment["spec"]["template"] => {
    const template = structuredClone(web("a").spec.template);
    Object.assign(template.spec?.containers[0] ?? {}, more);
    return template;
  };
  const { deployment } = world;
  for (const [more, makes] of [
    [{ resources: {}, env: [], workingDir: "" }, false],
    [{ stdin: false }, true],
    [{ env: [{ name: "A", value: "1" }] }, true],
  ] as const) {
    world.deployment = { ...deployment, spec: { ...deployment.spec, template: withContainer(more) } };
    expect(world.decide().create !== undefined, JSON.stringify(more)).toBe(makes);
  }
});

test("old revisions beyond the limit go, oldest first", () => {
  const world = settled("a", { revisionHistoryLimit: 2 });
  for (const image of ["b", "c", "d", "e"]) {
    world.use(image);
    world.settle();
  }
  expect(world.sizes()).toEqual({ c: 0, d: 0, e: 4 });
});

test("a rollout that gets nowhere says so after its deadline, and not before", () => {
  const world = settled("a", { progressDeadlineSeconds: 60 });
  world.use("bad");
  world.step();
  for (const name of world.pods.keys()) world.follow(name);
  const { requeueAfterMs } = world.step();
  expect(requeueAfterMs).toBeLessThanOrEqual(60_000);
  world.nowMs += requeueAfterMs! - 5000;
  world.step();
  expect(world.reason()).toBe("ReplicaSetUpdated");
  world.nowMs += 5000;
  world.step();
  expect(world.reason()).toBe("ProgressDeadlineExceeded");
  expect(world.deployment.status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1 });
  world.use("a");
  world.settle();
  expect(world.reason()).toBe("NewReplicaSetAvailable");
});

test("a finished rollout does not time out when its pods fall over later", () => {
  const world = settled("a", { progressDeadlineSeconds: 60 });
  const [name = ""] = world.pods.keys();
  world.pods.set(name, { up: 0, coming: 4 });
  world.follow(name);
  world.step();
  world.nowMs += 600_000;
  world.step();
  expect(world.reason()).toBe("NewReplicaSetAvailable");
  expect(world.deployment.status?.conditions).toMatchObject([{ type: "Available", status: "False" }, {}]);
});

test("a scale in the middle of a rollout grows both sets; a paused deployment scales and does not roll", () => {
  const world = settled("a", { replicas: 10 });
  world.use("bad");
  world.step();
  for (const name of world.pods.keys()) world.follow(name);
  expect(world.sizes()).toEqual({ a: 8, bad: 3 });
  world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, replicas: 20 } };
  world.step();
  expect(world.sizes()).toEqual({ a: 19, bad: 6 });
  const paused = settled("a");
  paused.use("b");
  paused.deployment = {
    ...paused.deployment,
    spec: { ...paused.deployment.spec, paused: true, replicas: 7 },
  };
  paused.settle();
  expect(paused.sizes()).toEqual({ a: 7 });
  expect(paused.reason()).toBe("DeploymentPaused");
});

describe("a rollout, whatever comes in which order", () => {
  const anySize = fc.oneof(
    fc.nat(4),
    fc.integer({ min: 0, max: 100 }).map((share) => `${share}%`),
  );
  const anyEvent = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ type: "step" as const }) },
    { weight: 6, arbitrary: fc.nat(5).map((set) => ({ type: "follow" as const, set })) },
    { weight: 6, arbitrary: fc.nat(5).map((set) => ({ type: "up" as const, set })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("a", "b", "c", "bad").map((image) => ({ type: "use" as const, image })),
    },
  );

  test("never has more pods than allowed, nor fewer up than promised, and ends with the new version", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        anySize,
        anySize,
        fc.array(anyEvent, { maxLength: 80 }),
        (replicas, maxSurge, maxUnavailable, events) => {
          const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } as const;
          const world = settled("a", { replicas, strategy });
          const share = (value: number | string, round: (n: number) => number): number =>
            typeof value === "number" ? value : round((Number.parseInt(value, 10) * replicas) / 100);
          const surge = share(maxSurge, Math.ceil);
          const unavailable = share(maxUnavailable, Math.floor);
          const least = replicas - Math.min(replicas, surge + unavailable === 0 ? 1 : unavailable);
          const isBad = (name: string): boolean =>
            world.sets.some(
              (set) => nameOf(set) === name && set.spec.template?.spec?.containers[0]?.image === "bad",
            );
          for (const event of events) {
            const names = [...world.pods.keys()];
            if (event.type === "step") world.step();
            if (event.type === "use") world.use(event.image);
            if (event.type === "follow") world.follow(names[event.set % names.length]!);
            if (event.type === "up" && !isBad(names[event.set % names.length]!)) {
              world.up(names[event.set % names.length]!);
            }
            const pods = [...world.pods.values()];
            const wanted = world.sets.reduce((total, set) => total + sizeOf(set), 0);
            expect(wanted).toBeLessThanOrEqual(replicas + surge);
            expect(pods.reduce((total, { up }) => total + up, 0)).toBeGreaterThanOrEqual(least);
          }
          world.use("last");
          world.settle();
          expect(world.sizes()).toMatchObject({ last: replicas });
          expect(world.sets.reduce((total, set) => total + sizeOf(set), 0)).toBe(replicas);
        },
      ),
      { numRuns: 150 },
    );
  });
});
