/** How releases take over from each other, by the commands that a user types. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { Load, type LoadResult } from "../harness/load.ts";
import { pause, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

const nagi = new URL("../../bin/nagi", import.meta.url).pathname;

/** A command that does not block the load of this process. */
async function background(argv: readonly string[]): Promise<void> {
  const { execFile } = await import("node:child_process");
  await new Promise<void>((resolve, reject) => {
    execFile(nagi, argv, { env: platform.env }, (error, stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${argv.join(" ")}: ${stdout}${stderr}`)),
    );
  });
}

async function underLoad(task: () => Promise<void>): Promise<LoadResult> {
  const host = `ledger.localhost:${platform.httpPort}`;
  const load = new Load({ port: platform.httpPort, host, clients: 4, keepAlive: true, restMs: 4 });
  await task();
  await pause(500);
  return await load.stop();
}

const selector = (): string =>
  platform.kubectl(["get", "service", "ledger", "-o", "jsonpath={.spec.selector}"]);

it("deploy-strategies.md: held beside, cut over, back, and recreated", async () => {
  const { code, stdout } = runGuideExample(platform, "deploy-strategies.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^ledger is deployed rolling$/m);
  expect(stdout).toContain("v2 is ready, beside v1 at http://ledger--next.localhost");
  expect(stdout).not.toContain("404:");
  // Before, beside, after the cutover, after the way back.
  expect(stdout.match(/^ledger v\d$/gm), stdout).toEqual([
    "ledger v1",
    "ledger v2",
    "ledger v2",
    "ledger v1",
  ]);
  expect(stdout).toContain("recreate: web ends before it starts anew");
  expect(stdout).toMatch(/^v3 Live: all instances are ready$/m);
  const strategies = ["get", "deployments", "-o", "jsonpath={.items[*].spec.strategy.type}"];
  await until(() => platform.kubectl(strategies) === "Recreate", "one deployment that recreates");
});

it("cuts over and back under load without losing a request or reloading, and a killed Nagi goes on", async () => {
  platform.nagi(["deploys", "strategy", "ledger", "blue-green"]);
  platform.nagi(["config", "set", "--app", "ledger", "COLOUR=green"]);
  expect(selector()).toContain('"nagi.dev/release":"v3"');
  const result = await underLoad(async () => {
    await background(["cutover", "ledger"]);
    await background(["cutover", "ledger", "--back"]);
    // What the command asks for, written before the kill however slow the machine is.
    const wish = `nagi.dev/deploy-wish=cutover v4 ${new Date().toISOString()}`;
    platform.kubectl(["annotate", "app", "ledger", wish]);
    await platform.kill();
    platform.up();
    await until(() => platform.nagi(["deploys", "ledger"]).includes("v4 Live"), "the cutover to go on");
    await background(["deploys", "finish", "ledger"]);
    await until(() => !selector().includes("nagi.dev/release"), "v4 to have moved");
  });
  expect(result.failures).toEqual([]);
  expect([...result.bodies.keys()].toSorted()).toEqual(["ledger v3\n", "ledger v4\n"]);
  expect(platform.kubectl(["get", "deployments", "-o", "name"])).toBe("deployment.apps/ledger-web\n");
  const log = readFileSync(`${platform.dataDir}/log/nagi.log`, "utf8");
  expect(log.match(/router reloaded/g) ?? []).toEqual([]);
});

it("gives up a held release, and refuses what cannot be", () => {
  platform.nagi(["config", "set", "--app", "ledger", "COLOUR=blue"]);
  expect(platform.nagi(["deploys", "cancel", "ledger"])).toContain("v5 of ledger is cancelled");
  expect(platform.tryNagi(["cutover", "ledger"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no release of ledger is held") as unknown,
  });
  expect(platform.tryNagi(["cutover", "ledger", "--back"]).stderr).toContain("nagi rollback --app ledger");
  expect(platform.tryNagi(["deploys", "strategy", "ledger", "big-bang"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("The strategies: rolling, recreate, blue-green") as unknown,
  });
});

it("autoscaling.md: grows with what the pods use", () => {
  const { code, stdout } = runGuideExample(platform, "autoscaling.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^mill +Deployment\/mill +cpu: \d+%\/50% +1 +2 +2 /m);
  expect(stdout).toContain("reason: cpu resource utilization (percentage of request) above target");
  platform.kubectl(["delete", "hpa,deployment", "mill"]);
});
