import { describe, expect, test } from "vitest";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { newRelease } from "./app-objects.ts";
import { phaseCommand, phaseOutcome, releasePod } from "./release-phase.ts";

const app = newObject<App>(appKind, { name: "shop", namespace: "default", uid: "u" }, {});
const createdMs = Date.parse("2026-01-01T00:00:00Z");

function release(extra: Partial<Release["spec"]> = {}): Release {
  const processes = { web: {}, release: { command: "migrate" } };
  const spec = { app: "shop", version: 2, image: "i", processes, configSecret: "shop-v2", ...extra };
  const made = newRelease(app, { spec, config: {}, annotations: {} });
  return {
    ...made,
    metadata: { ...made.metadata, uid: "r" },
    status: { releasePhase: { state: "Running", podUID: "p" } },
  };
}

function aPod(status: Pod["status"]): Pod {
  const made = releasePod(release(), undefined);
  const metadata = { ...made.metadata, uid: "p", creationTimestamp: "2026-01-01T00:00:00Z" };
  return { ...made, metadata, status };
}

const endedWith = (exitCode: number, reason?: string): NonNullable<Pod["status"]>["containerStatuses"] => [
  {
    name: "release",
    ready: false,
    restartCount: 0,
    image: "i",
    imageID: "",
    state: { terminated: { exitCode, reason } },
  },
];

test("the command is the Procfile's, then app.json's", () => {
  expect(phaseCommand(release().spec)).toBe("migrate");
  expect(phaseCommand(release({ postDeploy: "seed" }).spec)).toBe("(migrate) && (seed)");
  expect(phaseCommand(release({ processes: { web: {} }, postDeploy: "seed" }).spec)).toBe("seed");
  expect(phaseCommand(release({ processes: { web: {} } }).spec)).toBeUndefined();
});

test("the pod has the release's image and config, runs once, in bounded time, and goes with the release", () => {
  const { metadata, spec } = releasePod(release({ releaseTimeoutSeconds: 5 }), undefined);
  expect(metadata.name).toBe("shop-v2-release");
  expect(metadata.ownerReferences).toMatchObject([{ kind: "Release", uid: "r", controller: true }]);
  expect(spec).toMatchObject({ restartPolicy: "Never", activeDeadlineSeconds: 5 });
  expect(spec.containers[0]).toMatchObject({
    image: "i",
    command: ["/bin/sh", "-c", "exec migrate"],
    envFrom: [{ secretRef: { name: "shop-v2" } }],
  });
  expect(spec.containers[0]?.ports).toBeUndefined();
});

describe("the outcome", () => {
  test.each([
    ["Running", { phase: "Running" }, { state: "Running", leftMs: 619_000 }],
    [
      "Succeeded",
      { phase: "Succeeded", containerStatuses: endedWith(0) },
      { state: "Succeeded", exitCode: 0 },
    ],
    [
      "Failed",
      { phase: "Failed", containerStatuses: endedWith(3) },
      { state: "Failed", message: "it ended with exit code 3", exitCode: 3 },
    ],
    [
      "killed for its memory",
      { phase: "Failed", containerStatuses: endedWith(137, "OOMKilled") },
      {
        state: "Failed",
        message: "it used more memory than its limit and was killed (OOMKilled, exit code 137)",
        exitCode: 137,
      },
    ],
    [
      "late",
      { phase: "Failed", reason: "DeadlineExceeded" },
      { state: "Failed", message: "it did not end within 600 s and was stopped" },
    ],
  ] as const)("of a pod that is %s", (_name, status, expected) => {
    const found = aPod(status);
    expect(phaseOutcome(release(), found, createdMs + 1000)).toMatchObject(expected);
  });

  test("of a pod that is gone, or another's, is a failure: it is not run again", () => {
    expect(phaseOutcome(release(), undefined, createdMs)).toMatchObject({ state: "Failed" });
    const other = aPod({ phase: "Succeeded" });
    expect(
      phaseOutcome(release(), { ...other, metadata: { ...other.metadata, uid: "x" } }, createdMs),
    ).toMatchObject({ state: "Failed", message: expect.stringContaining("removed") as string });
  });

  test("of a pod that never starts says why, when the time is over", () => {
    const waiting = aPod({
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no room" }],
    } as unknown as Pod["status"]);
    expect(phaseOutcome(release(), waiting, createdMs + 1000).state).toBe("Running");
    expect(phaseOutcome(release(), waiting, createdMs + 700_000)).toEqual({
      state: "Failed",
      message: "it did not start within 600 s: release: no node takes it: no room",
    });
  });
});
