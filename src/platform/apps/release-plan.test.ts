import { describe, expect, test } from "vitest";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { newRelease } from "./app-objects.ts";
import { retryAnnotation, rollbackAnnotation } from "./names.ts";
import { type PlanInput } from "./release-content.ts";
import { planRelease, type ReleasePlan } from "./release-plan.ts";
import type { ConfigData } from "./release-text.ts";

/** An app with its releases, as they come about by following the plan. */
class History {
  app: App = newObject<App>(appKind, { name: "shop", namespace: "default", uid: "u" }, { spec: {} });
  config: ConfigData = {};
  configBy: string | undefined;
  addonVars: string[] = [];
  builds: Build[] = [];
  releases: Release[] = [];
  readonly configs = new Map<string, ConfigData>();

  plan(): ReleasePlan {
    const { app, config, builds, releases } = this;
    const configOf: PlanInput["configOf"] = ({ spec }) => this.configs.get(spec.configSecret);
    const { addonVars, configBy } = this;
    return planRelease({ app, config, configBy, addonVars, builds, releases, configOf });
  }

  /** Follows the plan until nothing is left to do; returns what was released. */
  settle(): string[] {
    const made: string[] = [];
    for (let step = 0; step < 10; step += 1) {
      const plan = this.plan();
      if (plan.action === "none" || plan.action === "wait") return made;
      if (plan.action === "drop-image") {
        this.set({ image: undefined });
        continue;
      }
      if (plan.action === "restore-config") {
        this.config = plan.config;
        this.mark(plan.failed, { configRestored: true });
        continue;
      }
      if (plan.action === "settle") {
        this.config = plan.config ?? this.config;
        const { [plan.wish]: _done, ...annotations } = this.app.metadata.annotations ?? {};
        this.app = { ...this.app, metadata: { ...this.app.metadata, annotations } };
        continue;
      }
      const { spec, config } = plan.release;
      this.configs.set(spec.configSecret, config);
      this.releases = [...this.releases, newRelease(this.app, plan.release)];
      made.push(`v${spec.version} ${spec.description}`);
    }
    throw new Error("the plan never settles");
  }

  /** The release's status becomes so. */
  mark(of: Release | undefined, status: NonNullable<Release["status"]>): void {
    this.releases = this.releases.map((each) =>
      each.spec.version === of?.spec.version ? { ...each, status: { ...each.status, ...status } } : each,
    );
  }

  set(spec: App["spec"]): this {
    this.app = { ...this.app, spec: { ...this.app.spec, ...spec } };
    return this;
  }

  rollback(to: string): this {
    return this.wish(rollbackAnnotation, to);
  }

  wish(annotation: string, value: string): this {
    this.app = { ...this.app, metadata: { ...this.app.metadata, annotations: { [annotation]: value } } };
    return this;
  }

  built(number: number, status: Partial<NonNullable<Build["status"]>> = {}): this {
    const made = newObject<Build>(
      build,
      { name: `shop-${number}`, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
      {
        spec: { revision: { git: { commit: `${number}`.repeat(40) } } } as Build["spec"],
        status: { phase: "Complete", outputDockerImageReference: `r/shop:${number}`, ...status },
      },
    );
    this.builds = [...this.builds, made];
    return this;
  }

  get latest(): Release["spec"] | undefined {
    return this.releases.at(-1)?.spec;
  }
}

test("without an image or a build there is nothing to release, whatever the config", () => {
  const history = new History();
  history.config = { A: "YQ==" };
  expect(history.plan()).toEqual({ action: "wait" });
});

test("each cause makes one release that says what changed", () => {
  const history = new History();
  expect(history.set({ image: "nginx:1" }).settle()).toEqual(["v1 Deploy nginx:1"]);
  expect(history.settle()).toEqual([]);
  history.config = { A: "YQ==", B: "Yg==" };
  expect(history.settle()).toEqual(["v2 Set A, B config vars"]);
  history.config = { A: "Yw==" };
  expect(history.settle()).toEqual(["v3 Set A config vars; Unset B config vars"]);
  expect(history.set({ port: 80 }).settle()).toEqual(["v4 Set port 80"]);
  expect(history.set({ processes: { worker: { command: "work" } } }).settle()).toEqual([
    "v5 Change process worker",
  ]);
  expect(history.set({ processes: { worker: { command: "work", replicas: 5 } } }).settle()).toEqual([]);
  expect(history.built(1).settle()).toEqual(["v6 Deploy 1111111"]);
  expect(history.latest).toMatchObject({
    image: "r/shop:1",
    port: 80,
    build: "shop-1",
    processes: { web: {}, worker: { command: "work" } },
  });
  expect(history.set({ processes: {} }).settle()).toEqual(["v7 Change process worker"]);
});

describe("builds", () => {
  test("a new one makes a release even of the same image; an older one that ends later does not", () => {
    const history = new History().built(2);
    expect(history.settle()).toEqual(["v1 Deploy 2222222"]);
    expect(history.built(1).settle()).toEqual([]);
    expect(history.built(10, { outputDockerImageReference: "r/shop:2" }).settle()).toEqual([
      "v2 Deploy 1010101",
    ]);
    expect(history.built(11, { phase: "Failed" }).settle()).toEqual([]);
  });

  test("bring the commands of the Procfile and the port; the app's own win", () => {
    const history = new History().built(1, { processes: { web: "serve", clock: "tick" }, port: 3000 });
    history.set({ processes: { web: { command: "serve --fast" } } }).settle();
    expect(history.latest).toMatchObject({
      port: 3000,
      processes: { web: { command: "serve --fast" }, clock: { command: "tick" } },
    });
    history.set({ processes: {} });
    expect(history.settle()).toEqual(["v2 Change process web"]);
    expect(history.latest?.processes).toEqual({ web: { command: "serve" }, clock: { command: "tick" } });
  });

  test("and an image that is asked for: what came last wins", () => {
    const history = new History().built(1);
    history.settle();
    expect(history.set({ image: "nginx:1" }).settle()).toEqual(["v2 Deploy nginx:1"]);
    expect(history.latest?.build).toBeUndefined();
    expect(history.built(2).settle()).toEqual(["v3 Deploy 2222222"]);
    expect(history.app.spec?.image).toBeUndefined();
    expect(history.set({ image: "nginx:1" }).settle()).toEqual(["v4 Deploy nginx:1"]);
    expect(history.set({ image: undefined }).settle()).toEqual(["v5 Deploy 2222222"]);
  });
});

describe("a rollback", () => {
  test("keeps the credentials of add-ons as they are now", () => {
    const history = new History().built(1);
    history.config = { DATABASE_URL: "b2xk", A: "MQ==" };
    history.settle();
    history.config = { DATABASE_URL: "bmV3", A: "Mg==" };
    history.addonVars = ["DATABASE_URL"];
    history.settle();
    history.rollback("1").settle();
    expect(history.config).toEqual({ DATABASE_URL: "bmV3", A: "MQ==" });
    expect(history.configs.get(history.latest?.configSecret ?? "")).toEqual(history.config);
  });

  const prepared = (): History => {
    const history = new History().built(1, { processes: { web: "one" } });
    history.config = { A: "MQ==" };
    history.settle();
    history.set({ port: 9000 });
    history.config = { A: "Mg==" };
    history.built(2, { processes: { web: "two", worker: "work" } }).settle();
    return history;
  };

  test("makes one release of the old image, commands, port and config, and is not undone by what the app says", () => {
    const history = prepared();
    expect(history.rollback("1").settle()).toEqual(["v3 Rollback to v1"]);
    const { version, description, configSecret, cause, ...rest } = history.latest ?? {};
    expect(cause).toBe("rollback to v1");
    expect([version, description, configSecret]).toEqual([3, "Rollback to v1", "shop-v3"]);
    const first = history.releases[0]?.spec;
    expect({ ...first, ...rest }).toEqual(first);
    expect(history.config).toEqual({ A: "MQ==" });
    expect(history.settle()).toEqual([]);
    history.config = { A: "Mw==" };
    expect(history.settle()).toEqual(["v4 Set A config vars"]);
    expect(history.latest).toMatchObject({ image: "r/shop:1", port: undefined });
  });

  test.each(["9", "x", ""])("to %j is refused, and changes nothing", (to) => {
    const history = prepared().rollback(to);
    expect(history.plan()).toMatchObject({
      action: "settle",
      problem: expect.stringContaining("no such release"),
    });
    expect(history.settle()).toEqual([]);
    expect(history.config).toEqual({ A: "Mg==" });
  });
});

describe("after a release that failed", () => {
  const failing = (): History => {
    const history = new History().built(1);
    history.config = { A: "MQ==" };
    history.settle();
    history.mark(history.releases[0], { phase: "Live" });
    return history;
  };
  const fail = (history: History): void => history.mark(history.releases.at(-1), { phase: "Failed" });

  test("a change is one of what runs, not of what failed", () => {
    const history = failing().built(2);
    history.settle();
    fail(history);
    expect(history.settle()).toEqual([]);
    history.config = { A: "Mg==" };
    expect(history.settle()).toEqual(["v3 Set A config vars"]);
    expect(history.latest).toMatchObject({ image: "r/shop:1", build: "shop-1", cause: "config set" });
    expect(history.built(3).settle()).toEqual(["v4 Deploy 3333333"]);
  });

  test("an image that failed is not tried again with the next change", () => {
    const history = failing().set({ image: "bad:1" });
    expect(history.settle()).toEqual(["v2 Deploy bad:1"]);
    fail(history);
    history.config = { A: "Mg==" };
    expect(history.settle()).toEqual(["v3 Set A config vars"]);
    expect(history.latest?.image).toBe("r/shop:1");
  });

  test("config vars go back to those of what runs, once, and the same ones can be tried again", () => {
    const history = failing();
    history.config = { A: "bad" };
    expect(history.settle()).toEqual(["v2 Set A config vars"]);
    fail(history);
    expect(history.settle()).toEqual([]);
    expect(history.config).toEqual({ A: "MQ==" });
    history.config = { A: "bad" };
    expect(history.settle()).toEqual(["v3 Set A config vars"]);
  });

  test("config vars that were set meanwhile stay", () => {
    const history = failing();
    history.config = { A: "bad" };
    history.settle();
    history.config = { A: "good" };
    fail(history);
    expect(history.settle()).toEqual(["v3 Set A config vars"]);
    expect(history.config).toEqual({ A: "good" });
  });

  test("it is tried again when that is asked for, once", () => {
    const history = failing();
    history.config = { A: "bad" };
    history.settle();
    expect(history.wish(retryAnnotation, "v2").plan()).toMatchObject({
      problem: "cannot retry v2: it has not failed",
    });
    history.settle();
    fail(history);
    history.settle();
    expect(history.wish(retryAnnotation, "v2").settle()).toEqual(["v3 Retry of v2"]);
    expect(history.latest).toMatchObject({ cause: "retry of v2", image: "r/shop:1" });
    expect(history.config).toEqual({ A: "bad" });
    expect(history.wish(retryAnnotation, "v1").plan()).toMatchObject({
      problem: "cannot retry v1: it is not the newest release",
    });
  });
});

describe("who and why", () => {
  test("is told of each cause", () => {
    const history = new History().built(1);
    history.builds = history.builds.map((each) => ({
      ...each,
      metadata: { ...each.metadata, annotations: { "nagi.dev/pushed-by": "ann" } },
    }));
    history.settle();
    expect(history.latest).toMatchObject({ cause: "push 1111111", createdBy: "ann" });
    history.config = { A: "MQ==" };
    history.configBy = "ben";
    history.settle();
    expect(history.latest).toMatchObject({ cause: "config set", createdBy: "ben" });
    history.wish("nagi.dev/created-by", "cy").set({ image: "nginx:1" }).settle();
    expect(history.latest).toMatchObject({ cause: "image nginx:1", createdBy: "cy" });
  });
});

test("what app.json wants done once is part of releases until one serves", () => {
  const history = new History().built(1, { manifest: { postdeploy: "seed" } });
  history.settle();
  expect(history.latest?.postDeploy).toBe("seed");
  history.mark(history.releases.at(-1), { phase: "Failed" });
  history.config = { A: "MQ==" };
  history.settle();
  expect(history.latest?.postDeploy).toBe("seed");
  history.mark(history.releases.at(-1), { phase: "Live" });
  history.built(2, { manifest: { postdeploy: "seed" } }).settle();
  expect(history.latest?.postDeploy).toBeUndefined();
});

test("a version is not given out again after its release is deleted", () => {
  const history = new History().set({ image: "a" });
  history.settle();
  history.set({ image: "b" }).settle();
  history.releases = history.releases.slice(0, 1);
  history.app = { ...history.app, status: { latestVersion: 2 } };
  expect(history.settle()).toEqual(["v3 Deploy b"]);
});
