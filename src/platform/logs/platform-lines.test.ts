import { expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { appLines, buildLines, podLines, releaseLines } from "./platform-lines.ts";

function aRelease(phase: string, message?: string): Release {
  const spec = { app: "shop", version: 3, cause: "push abc1234", createdBy: "mia" };
  return newObject<Release>(release, { name: "shop-v3" }, {
    spec,
    status: { phase, message },
  } as unknown as Release);
}

function aPod(status: object, metadata: object = {}): Pod {
  const labels = { "nagi.dev/app": "shop", "nagi.dev/process": "web" };
  return newObject<Pod>(pod, { name: "shop-web-abc-x2x4q", labels, ...metadata }, {
    spec: { containers: [{ name: "web" }] },
    status: { containerStatuses: [{ name: "web", ready: false, restartCount: 0, ...status }] },
  } as unknown as Pod);
}

test("a release is told of from its making to its end", () => {
  expect(releaseLines(undefined, aRelease("Pending"))).toEqual(["Release v3 was made: push abc1234 by mia"]);
  expect(releaseLines(aRelease("Deploying"), aRelease("Live"))).toEqual(["Release v3 is live"]);
  expect(releaseLines(aRelease("Live"), aRelease("Live"))).toEqual([]);
  expect(releaseLines(aRelease("Deploying"), aRelease("Failed", "web crashes"))).toEqual([
    "Release v3 failed: web crashes",
  ]);
});

test("builds and scaling are told of", () => {
  const aBuild = (phase: string): Build =>
    newObject<Build>(build, { name: "shop-2" }, {
      spec: {},
      status: { phase, message: "no" },
    } as unknown as Build);
  expect(buildLines(aBuild("Running"), aBuild("Failed"))).toEqual(["Build shop-2 failed: no"]);
  expect(buildLines(aBuild("New"), aBuild("Pending"))).toEqual([]);
  const anApp = (desired: number): App =>
    newObject<App>(
      app,
      { name: "shop" },
      {
        status: { processes: { web: { desired, ready: 0 } } },
      },
    );
  expect(appLines(anApp(1), anApp(3))).toEqual(["Scaled web from 1 to 3"]);
  expect(appLines(anApp(3), anApp(3))).toEqual([]);
});

test("a crash is told of once, and an end that was asked for is none", () => {
  const running = aPod({ state: { running: {} } });
  const ended = { exitCode: 3, containerID: "c1" };
  const crashed = aPod({ state: { terminated: ended } });
  const waiting = aPod({
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: ended },
  });
  const again = aPod({ restartCount: 1, state: { running: {} }, lastState: { terminated: ended } });
  expect(podLines(running, crashed, "shop")).toEqual(["web.x2x4q crashed with exit code 3"]);
  expect(podLines(crashed, waiting, "shop")).toEqual([
    "web.x2x4q waits before it is started again: 0 restarts so far",
  ]);
  expect(podLines(waiting, again, "shop")).toEqual(["web.x2x4q was started again (restart 1)"]);
  const oom = aPod({ state: { terminated: { exitCode: 137, reason: "OOMKilled", containerID: "c2" } } });
  expect(podLines(running, oom, "shop")).toEqual(["web.x2x4q was killed: it used all of its memory"]);
  const asked = aPod({ state: { terminated: ended } }, { deletionTimestamp: "2026-11-26T10:00:00Z" });
  expect(podLines(running, asked, "shop")).toEqual([]);
});
