import { describe, expect, test } from "vitest";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { ContainerStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { appDeployment, newRelease } from "./app-objects.ts";
import { decideRollout, type Phase, type RolloutInput } from "./rollout.ts";

const app = newObject<App>(
  appKind,
  { name: "shop", namespace: "default", uid: "u" },
  { spec: { processes: { web: { replicas: 2 } } } },
);

function release(version: number, phase?: Phase, message?: string): Release {
  const spec = { app: "shop", version, image: "i", processes: { web: {} }, configSecret: `shop-v${version}` };
  const made = newRelease(app, { spec, config: {}, annotations: {} });
  return { ...made, status: { phase: phase ?? "Pending", ...(message === undefined ? {} : { message }) } };
}

/** A deployment that runs the release, with so many pods: new and available, new, all. */
function deployed(
  of: Release,
  [available, updated, replicas]: [number, number, number],
  late = false,
): Deployment {
  const made = appDeployment(app, { target: of, process: "web" });
  const progressing = { type: "Progressing", status: "False" as const, reason: "ProgressDeadlineExceeded" };
  return {
    ...made,
    metadata: { ...made.metadata, generation: 4 },
    status: {
      observedGeneration: 4,
      availableReplicas: available,
      updatedReplicas: updated,
      replicas,
      conditions: late ? [progressing] : [],
    },
  };
}

function aPod(version: number, status: Partial<ContainerStatus>): Pod {
  const labels = { "nagi.dev/app": "shop", "nagi.dev/process": "web", "nagi.dev/release": `v${version}` };
  const container = { name: "web", ready: false, restartCount: 0, image: "i", imageID: "", ...status };
  return newObject<Pod>(
    pod,
    { name: `p${version}`, labels },
    {
      spec: { containers: [{ name: "web", readinessProbe: { tcpSocket: { port: 8080 } } }] },
      status: { containerStatuses: [container] },
    },
  );
}

const decide = (input: Partial<RolloutInput>) => {
  const { target, changes } = decideRollout({ releases: [], deployments: [], pods: [], ...input });
  return {
    target: target?.metadata.name,
    changes: changes.map(({ release: { spec }, phase, message }) => `v${spec.version} ${phase}: ${message}`),
  };
};

const ended = (exitCode: number, message?: string) => ({ terminated: { exitCode, message } });

describe("the newest release", () => {
  const live = release(1, "Live", "all instances are ready");
  const next = release(2, "Deploying", "starting");

  test("is deployed first, and one that was under way gives way", () => {
    expect(decide({ releases: [live, release(2, "Deploying"), release(3)] })).toEqual({
      target: "shop-v3",
      changes: ["v3 Deploying: starting", "v2 Superseded: v3 came before it was live"],
    });
  });

  test("is live when all its pods are ready and no old one is left", () => {
    expect(decide({ releases: [live, next], deployments: [deployed(next, [2, 2, 2])] })).toEqual({
      target: "shop-v2",
      changes: ["v2 Live: all instances are ready", "v1 Superseded: v2 is live"],
    });
    const rolling = decide({ releases: [live, next], deployments: [deployed(next, [3, 2, 3])] });
    expect(rolling.changes).toEqual(["v2 Deploying: web: 0 of 2 ready"]);
  });

  test("is not judged by what is said of the release before", () => {
    const deployments = [deployed(live, [2, 2, 2], true)];
    expect(decide({ releases: [live, next], deployments }).changes).toEqual(["v2 Deploying: web: starting"]);
    const unseen = deployed(next, [2, 2, 2]);
    const deploymentsUnseen = [{ ...unseen, metadata: { ...unseen.metadata, generation: 5 } }];
    expect(decide({ releases: [live, next], deployments: deploymentsUnseen }).changes).toEqual([
      "v2 Deploying: web: starting",
    ]);
  });

  test.each([
    [
      "crashes again and again",
      {
        restartCount: 2,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: ended(1, "no database\n"),
      },
      "web: the process ended, exit code 1: no database",
    ],
    [
      "misses a module, far above in the stack",
      {
        restartCount: 2,
        lastState: ended(
          1,
          `Error: Cannot find package 'x'\n${"    at resolve (node:internal)\n".repeat(40)}\nNode.js v26`,
        ),
      },
      "web: the process ended, exit code 1: Error: Cannot find package 'x'\n\nNode.js v26",
    ],
    [
      "has nothing to go on for",
      { restartCount: 2, lastState: ended(0) },
      "web: the process ended, exit code 0, though it should go on running",
    ],
    [
      "is killed for its memory",
      { restartCount: 2, state: { terminated: { exitCode: 137, reason: "OOMKilled" } } },
      "web: the process ended, it used more memory than its limit and was killed (OOMKilled, exit code 137)",
    ],
    [
      "has an image without its program, at the first try",
      {
        state: {
          waiting: {
            reason: "RunContainerError",
            message: 'runc: exec: "serve": executable file not found in $PATH: OCI runtime',
          },
        },
      },
      "web: the image has no program serve, which the image's own command starts (ENTRYPOINT, CMD); build it with a command that it has, and deploy again",
    ],
    [
      "has an image that is not there",
      { image: "nope", state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } },
      "web: cannot get the image nope (ImagePullBackOff): not found",
    ],
  ])("fails when it %s, and the last live one runs again", (_name, status, text) => {
    const pods = [aPod(2, status)];
    expect(decide({ releases: [live, next], deployments: [deployed(next, [2, 1, 3])], pods })).toEqual({
      target: "shop-v1",
      changes: [`v2 Failed: ${text} (v1 goes on running)`],
    });
  });

  test("fails when it is not ready in time, and says what is known", () => {
    const pods = [aPod(2, { state: { running: {} } })];
    const { changes } = decide({ releases: [next], deployments: [deployed(next, [0, 2, 2], true)], pods });
    expect(changes).toEqual([
      "v2 Failed: web: it runs, but nothing listens on port 8080; the app must listen on the port in PORT, on all addresses (0.0.0.0)",
    ]);
  });

  test("says where it listens instead, when the engine has seen it", () => {
    const running = aPod(2, { state: { running: {} } });
    const message = "listens on 127.0.0.1:8080, which nobody else reaches";
    const conditions = [{ type: "nagi.dev/Listening", status: "False" as const, message }];
    const pods = [{ ...running, status: { ...running.status, conditions } }];
    const { changes } = decide({ releases: [next], deployments: [deployed(next, [0, 2, 2], true)], pods });
    expect(changes[0]).toContain(`web: it runs, but ${message}; the app must listen on the port in PORT`);
  });

  test("waits through a single crash, and says so", () => {
    const pods = [
      aPod(2, { restartCount: 1, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended(3) }),
    ];
    expect(decide({ releases: [next], deployments: [deployed(next, [0, 2, 2])], pods }).changes).toEqual([
      "v2 Deploying: web: 0 of 2 ready; web: the process ended, exit code 3",
    ]);
  });

  test("that failed stays failed while the last live one runs; without one it may still become live", () => {
    const failed = release(2, "Failed", "no");
    expect(decide({ releases: [live, failed], deployments: [deployed(live, [2, 2, 2])] })).toEqual({
      target: "shop-v1",
      changes: [],
    });
    expect(decide({ releases: [failed], deployments: [deployed(failed, [2, 2, 2])] })).toEqual({
      target: "shop-v2",
      changes: ["v2 Live: all instances are ready"],
    });
  });

  test("that failed and was stopped is not live for having no instance that is missing", () => {
    const failed = release(2, "Failed", "no");
    const made = deployed(failed, [0, 0, 0]);
    const stopped = { ...made, spec: { ...made.spec, replicas: 0 } };
    expect(decide({ releases: [failed], deployments: [stopped] })).toEqual({
      target: "shop-v2",
      changes: [],
    });
    const deploying = release(2, "Deploying", "starting");
    expect(decide({ releases: [deploying], deployments: [stopped] }).changes).toEqual([
      "v2 Live: all instances are ready",
    ]);
  });
});

describe("a release phase", () => {
  const live = release(1, "Live", "all instances are ready");
  const withPhase = (
    phase: Phase,
    releasePhase?: NonNullable<Release["status"]>["releasePhase"],
  ): Release => {
    const made = release(2, phase);
    const processes = { web: {}, release: { command: "migrate" } };
    return { ...made, spec: { ...made.spec, processes }, status: { ...made.status, releasePhase } };
  };

  test("comes before the release has pods; what runs goes on", () => {
    expect(decide({ releases: [live, withPhase("Pending")] })).toEqual({
      target: "shop-v1",
      changes: ["v2 Releasing: release phase: starting"],
    });
    expect(decide({ releases: [live, withPhase("Releasing", { state: "Running" })] })).toEqual({
      target: "shop-v1",
      changes: ["v2 Releasing: release phase runs: migrate"],
    });
    expect(decide({ releases: [withPhase("Releasing", { state: "Running" })] }).target).toBeUndefined();
  });

  test("that succeeded lets the release be deployed; its command is no process", () => {
    const done = withPhase("Releasing", { state: "Succeeded" });
    expect(decide({ releases: [live, done] })).toEqual({
      target: "shop-v2",
      changes: ["v2 Deploying: starting"],
    });
    const deploying = withPhase("Deploying", { state: "Succeeded" });
    const deployments = [deployed(deploying, [2, 2, 2])];
    expect(decide({ releases: [live, deploying], deployments }).changes[0]).toMatch(/^v2 Live/);
  });

  test("that failed fails the release, which never gets pods", () => {
    const failed = { state: "Failed" as const, message: "it ended with exit code 3" };
    expect(decide({ releases: [live, withPhase("Releasing", failed)] })).toEqual({
      target: "shop-v1",
      changes: ["v2 Failed: release phase: it ended with exit code 3 (v1 goes on running)"],
    });
    expect(decide({ releases: [withPhase("Failed", failed)] }).target).toBeUndefined();
  });

  test("waits for that of an earlier release to end", () => {
    const earlier = { ...withPhase("Superseded", { state: "Running" }), metadata: { name: "shop-v1" } };
    const first = { ...earlier, spec: { ...earlier.spec, version: 1 } };
    expect(decide({ releases: [first, withPhase("Pending")] }).changes).toEqual([
      "v2 Releasing: waits for the release phase of v1 to end",
    ]);
  });
});
