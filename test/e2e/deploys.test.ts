/** How releases take over from each other, by the commands that a user types. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { Load, type LoadResult } from "../harness/load.ts";
import { cutOff, longRequests, longServer, type LongOutcome } from "../harness/long-requests.ts";
import { pause, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  // Autoscalers and canaries look at what is measured: more often than usual, so that they need not be waited for.
  platform = await TestPlatform.start({ flags: ["--measure-interval", "1"] });
});
afterAll(() => platform.stop());

const nagi = new URL("../../bin/nagi", import.meta.url).pathname;

/** A command that does not block the load of this process. */
async function background(argv: readonly string[]): Promise<string> {
  const { execFile } = await import("node:child_process");
  return await new Promise<string>((resolve, reject) => {
    execFile(nagi, argv, { env: platform.env }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${argv.join(" ")}: ${stdout}${stderr}`)),
    );
  });
}

/** A process that waits for commands does not see that connections which rested are closed: then `keepAlive` is false. */
async function underLoad(
  task: () => Promise<void>,
  { app = "ledger", keepAlive = true } = {},
): Promise<LoadResult> {
  const host = `${app}.localhost:${platform.httpPort}`;
  const load = new Load({ port: platform.httpPort, host, clients: 4, keepAlive, restMs: 4 });
  await task();
  await pause(500);
  return await load.stop();
}

const selector = (): string =>
  platform.kubectl(["get", "service", "ledger", "-o", "jsonpath={.spec.selector}"]);

/** UIDs of the pods of v4 of ledger. */
const instances = (): string[] =>
  platform
    .kubectl(["get", "pods", "-l", "nagi.dev/release=v4", "-o", "jsonpath={.items[*].metadata.uid}"])
    .split(" ")
    .toSorted();

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
  expect(platform.nagi(["ps", "ledger"])).toMatch(/^web\.1 +v[34] [^]*^web\.2 +v[34] /m);
  const result = await underLoad(async () => {
    await background(["cutover", "ledger"]);
    await background(["cutover", "ledger", "--back"]);
    // What the command asks for, written before the kill however slow the machine is.
    const wish = `nagi.dev/deploy-wish=cutover v4 ${new Date().toISOString()}`;
    platform.kubectl(["annotate", "app", "ledger", wish]);
    await platform.kill();
    platform.up();
    await until(() => platform.nagi(["deploys", "ledger"]).includes("v4 Live"), "the cutover to go on");
    const before = instances();
    const command = ["sh", "-c", "echo ran in $NAGI_RELEASE with $COLOUR"];
    expect(await background(["run", "--app", "ledger", "--", ...command])).toBe("ran in v4 with green\n");
    await background(["deploys", "finish", "ledger"]);
    await until(() => !selector().includes("nagi.dev/release"), "v4 to have moved");
    expect(instances(), "instances that ran beside were started anew").toEqual(before);
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

const replicas = (): string =>
  platform.kubectl(["get", "deployment", "ledger-web", "-o", "jsonpath={.spec.replicas}"]);

it("sleeps when nobody asks, and wakes for many at once without losing one", async () => {
  const set = platform.nagi(["autoscale", "ledger", "web", "--min", "0", "--max", "2", "--idle", "2s"]);
  expect(set).toContain("web of ledger is autoscaled from 0 to 2 instances: requests per second 100 each");
  await until(() => replicas() === "0", "ledger to sleep");
  await until(() => !platform.nagi(["ps", "ledger"]).includes("ledger-web"), "its last instance to end");
  const { stderr: told } = platform.tryNagi(["ps", "ledger"]);
  expect(told).toContain("web of ledger sleeps: the next request wakes it");
  expect(platform.tryNagi(["scale", "web=2", "--app", "ledger"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("web of ledger is autoscaled, from 0 to 2 instances") as unknown,
  });
  const host = `ledger.localhost:${platform.httpPort}`;
  const load = new Load({ port: platform.httpPort, host, clients: 60, keepAlive: false, restMs: 50 });
  await until(() => load.requests > 120, "ledger to wake");
  const { failures, requests } = await load.stop();
  console.log(`woken by 60 at once: ${requests} requests, ${failures.length} failed`);
  expect(failures).toEqual([]);
  await until(() => replicas() === "0", "ledger to sleep again");
  // A release is tried although nobody asks.
  platform.nagi(["config", "set", "--app", "ledger", "AWAKE=1"]);
  expect(platform.nagi(["autoscale", "ledger", "web", "--off"])).toMatch(
    /not autoscaled any more; [12] go on/,
  );
  const autoscale = ["autoscale", "deployment", "ledger-web", "--min=1", "--max=3", "--cpu-percent=50"];
  expect(platform.kubectl(autoscale)).toContain("autoscaled");
  expect(platform.nagi(["autoscale", "ledger"])).toMatch(/web: 1 to 3 instances.*\n  cpu 50 %/);
  platform.kubectl(["delete", "hpa", "ledger-web"]);
});

const chick = `require("node:http")
  .createServer((request, response) => response.writeHead(process.env.BAD ? 500 : 200).end(process.env.NAGI_RELEASE))
  .listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));
`;

it("gives a canary its share under load; a killed Nagi goes on, a bad one is given up, a newer one takes its place", async () => {
  const folder = platform.repository("hello");
  platform.commit(folder, { "server.js": chick, "package.json": '{ "name": "chick" }' });
  platform.createApp("chick", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  const options = ["--steps", "20,60", "--interval", "4s", "--max-error-rate", "5"];
  expect(platform.nagi(["deploys", "strategy", "chick", "canary", ...options])).toContain("20, 60 %");
  const ofChick = { app: "chick", keepAlive: false };
  const deploys = (): string => platform.nagi(["deploys", "chick"]);
  const change = (...vars: string[]) => background(["config", "set", "--app", "chick", ...vars]);
  const { failures, bodies } = await underLoad(async () => {
    const ended = change("TURN=1").catch((error: unknown) => String(error));
    await until(() => deploys().includes("canary: 20 %"), "a share of 20 %");
    await platform.kill();
    platform.up();
    await until(() => deploys().includes("v2 Live"), "the canary to have everything");
    await ended;
  }, ofChick);
  expect(failures).toEqual([]);
  expect([...bodies.keys()].toSorted()).toEqual(["v1", "v2"]);
  expect(platform.nagi(["releases", "info", "v2", "--app", "chick"])).toMatch(
    /20 % +\d+ +0 .*\n +60 % +\d+ +0 /,
  );
  await until(
    () => !platform.kubectl(["get", "routes", "chick", "-o", "yaml"]).includes("chick--next"),
    "no share",
  );

  const bad = await underLoad(async () => {
    await expect(change("BAD=1")).rejects.toThrow(
      /canary given up at \d+ %: .*of its requests failed, more than 5 %/,
    );
  }, ofChick);
  // While v3 had its share.
  expect(bad.failures.every((each) => each.includes("status 500: v3"))).toBe(true);
  expect((await platform.request("chick")).text).toBe("v2");

  // No step passes while commands are slow to come.
  platform.nagi(["deploys", "strategy", "chick", "canary", "--interval", "5m"]);
  const outcome = await underLoad(async () => {
    const older = change("TURN=2").catch((error: unknown) => String(error));
    await until(() => deploys().includes("v4 Deploying: canary: 20 %"), "v4 to have a share");
    platform.nagi(["deploys", "pause", "chick"]);
    expect(deploys()).toContain("(paused)");
    const newer = change("TURN=3");
    await until(() => deploys().includes("v5 Deploying: canary: 20 %"), "v5 to have a share");
    expect(platform.nagi(["deploys", "promote", "chick"])).toContain("v5 of chick gets all requests");
    await Promise.all([older, newer]);
  }, ofChick);
  expect(outcome.failures).toEqual([]);
  expect(platform.nagi(["releases", "--app", "chick"])).toMatch(/v4 +Superseded/);
  expect(platform.tryNagi(["deploys", "abort", "chick"]).stderr).toContain(
    "no release of chick is under way",
  );
});

it("lets what is under way end where it began at a cutover, a way back, and a canary's end", async () => {
  const folder = platform.repository("hello");
  platform.commit(folder, { "server.js": longServer(0) });
  platform.nagi(["create", "tide"], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  const long = async (): Promise<{ ended: Promise<LongOutcome> }> => {
    const { open, ended } = longRequests({ port: platform.httpPort, host: "tide.localhost" });
    await open;
    return { ended };
  };
  const strategy = (...words: string[]) => background(["deploys", "strategy", "tide", ...words]);
  const change = (turn: string) => background(["config", "set", "--app", "tide", `TURN=${turn}`]);
  const hasShare = async (version: string): Promise<void> => {
    while (!(await background(["deploys", "tide"])).includes(`${version} Deploying: canary: 50 %`))
      await pause(200);
  };
  const open: { ended: Promise<LongOutcome> }[] = [];
  // No command here blocks this process, so clients keep their connections.
  const cutovers = await underLoad(
    async () => {
      await strategy("blue-green");
      await change("1");
      const first = await long();
      await background(["cutover", "tide"]);
      const second = await long();
      await background(["cutover", "tide", "--back"]);
      await background(["cutover", "tide"]);
      await background(["deploys", "finish", "tide"]);
      await first.ended;
      open.push(first, second);
    },
    { app: "tide" },
  );
  expect(cutovers.failures).toEqual([]);
  const canaries = await underLoad(
    async () => {
      await strategy("canary", "--steps", "50", "--interval", "1h");
      const aborted = change("2").catch((error: unknown) => String(error));
      await hasShare("v3");
      const some = await Promise.all([long(), long()]);
      await background(["deploys", "abort", "tide"]);
      expect(await aborted).toContain("v3");
      const promoted = change("3");
      await hasShare("v4");
      const more = await Promise.all([long(), long()]);
      await background(["deploys", "promote", "tide"]);
      await promoted;
      // Those of the last release are in instances that go on.
      await background(["restart", "--app", "tide"]);
      open.push(...some, ...more);
    },
    { app: "tide" },
  );
  expect(canaries.failures).toEqual([]);
  expect([...canaries.bodies.keys()].toSorted()).toEqual(["v2", "v3", "v4"]);
  const outcomes = await Promise.all(open.map(({ ended }) => ended));
  expect(outcomes.flatMap(cutOff)).toEqual([]);
  const began = outcomes.slice(0, 2).map(({ events: { text } }) => text.slice(0, 10));
  expect(began).toEqual(["data: v1\n\n", "data: v2\n\n"]);
  console.log(
    `under way at cutovers and canaries: ${cutovers.requests + canaries.requests} requests beside, none failed`,
  );
});

it("holds a download, events and a web socket until a sleeping app has woken, and lets it not sleep while they are open", async () => {
  const wanted = (): string =>
    platform.kubectl(["get", "deployment", "tide-web", "-o", "jsonpath={.spec.replicas}"]);
  platform.nagi(["deploys", "strategy", "tide", "rolling"]);
  platform.nagi(["autoscale", "tide", "web", "--min", "0", "--max", "1", "--idle", "2s"]);
  await until(() => wanted() === "0", "tide to sleep");
  await until(() => !platform.nagi(["ps", "tide"]).includes("tide-web"), "its last instance to end");
  const { open, ended } = longRequests({ port: platform.httpPort, host: "tide.localhost" });
  await open;
  const { download } = await Promise.race([ended, pause(8000).then(() => ({ download: undefined }))]);
  expect(download, "the app ended what was open").toBeUndefined();
  expect(wanted()).toBe("1");
  await background(["restart", "--app", "tide"]);
  expect(cutOff(await ended)).toEqual([]);
});
