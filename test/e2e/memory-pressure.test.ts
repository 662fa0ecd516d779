/**
 * Memory that runs short, as a threshold says it that is near what the machine has free: apps give way by priority, who asked
 * for what it uses stays, the platform does, and who gave way comes back when there is room. The machine itself is not driven
 * out of memory.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestPlatform, until } from "../harness/platform.ts";

/** What the platform and the apps take beside what is taken on purpose. */
const ownMebibytes = 512;

const server = `
const taken = [];
const take = (left, done) => {
  if (left <= 0) return done();
  taken.push(Buffer.alloc(64 * 1024 * 1024, 1));
  setImmediate(take, left - 64, done);
};
require("node:http").createServer((request, response) => {
  take(Number(new URL(request.url, "http://localhost").searchParams.get("take")), () => response.end("taken"));
}).listen(process.env.PORT);
`;

let platform: TestPlatform;
let folder: string;
let pid: number;
/** Of these two are too much, one is not. */
let portion: number;

beforeAll(async () => {
  const free = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) / 1024;
  portion = Math.floor(free / 12);
  const threshold = Math.floor(free - ownMebibytes - 1.5 * portion);
  platform = await TestPlatform.start({
    // A second, so that nothing waits for long after there is room.
    flags: ["--eviction-hard", `memory.available<${threshold}Mi`, "--eviction-transition", "1"],
  });
  ({ pid } = platform);
  folder = mkdtempSync(join(tmpdir(), "nagi-memory-"));
  writeFileSync(join(folder, "package.json"), '{ "scripts": { "start": "exec node server.js" } }');
  writeFileSync(join(folder, "server.js"), server);
  platform.kubectl(["create", "priorityclass", "urgent", "--value=1000"]);
  platform.kubectl(["create", "priorityclass", "later", "--value=100"]);
  for (const name of ["shop", "batch", "steady"]) {
    platform.createApp(name, ["--no-remote"]);
    platform.nagi(["deploy", "--app", name, "--dir", folder]);
  }
  platform.nagi(["placement", "--app", "shop", "--priority", "urgent"]);
  platform.nagi(["placement", "--app", "batch", "--priority", "later"]);
  platform.nagi(["resize", "web", "--memory", "256Mi", "--app", "steady"]);
});
afterAll(() => {
  platform.stop();
  rmSync(folder, { recursive: true });
});

interface PodSeen {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly priority: number; readonly priorityClassName?: string };
  readonly status: { readonly phase: string; readonly reason?: string; readonly message?: string };
}

function podsOf(app: string): PodSeen[] {
  const text = platform.kubectl(["get", "pods", "-l", `nagi.dev/app=${app}`, "-o", "json"]);
  return (JSON.parse(text) as { readonly items: PodSeen[] }).items;
}

/** Without those that end. */
const names = (app: string): string[] =>
  podsOf(app)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);

it("gives the instances of an app the priority that it is to have, and refuses one that is not there", () => {
  const shown = platform.nagi(["placement", "--app", "shop"]);
  expect(shown).toContain("on any node; with the priority urgent.");
  expect(podsOf("shop").at(-1)?.spec).toMatchObject({ priority: 1000, priorityClassName: "urgent" });
  const unknown = platform.tryNagi(["placement", "--app", "shop", "--priority", "urgnet"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('there is no PriorityClass "urgnet"');
  expect(unknown.stderr).toMatch(/Those there are: .*urgent/);
});

it("evicts the app of the lowest priority that uses more than it asked for, and no other", async () => {
  const [shop, steady] = [names("shop"), names("steady")];
  expect((await platform.request("shop", `/?take=${portion}`)).text).toBe("taken");
  await platform.request("batch", `/?take=${portion}`);
  const evicted = (): PodSeen | undefined => podsOf("batch").find(({ status }) => status.phase === "Failed");
  await until(() => evicted() !== undefined, "the eviction");
  expect(evicted()?.status.reason).toBe("Evicted");
  expect(evicted()?.status.message).toMatch(
    /^The node was low on resource: memory\. Threshold quantity: \d+Mi, available: \d+Ki\. Container web was using \d+Ki, request is 0, has larger consumption of memory\.$/,
  );
  await until(
    () => podsOf("batch").some(({ status }) => status.phase === "Running"),
    "its successor, when there is room",
  );
  // Of the higher priority, and of none but within its request.
  expect(names("shop")).toEqual(shop);
  expect(names("steady")).toEqual(steady);
  expect(platform.pid).toBe(pid);
  for (const app of ["shop", "batch", "steady"])
    await until(async () => (await platform.request(app)).status === 200, `${app} to answer`);
});

it("says why, where one looks", () => {
  expect(platform.nagi(["ps", "batch"])).toMatch(/ Evicted /);
  const { stdout } = platform.tryNagi(["doctor", "batch"]);
  const words = stdout.replaceAll(/\s+/g, " ");
  // First of all: that requests found no process comes of it.
  expect(words).toMatch(/^warning: batch: \d pods? of it gave way because the machine ran short/);
  expect(words).toContain("The node was low on resource: memory.");
  const events = platform.kubectl(["get", "events"]);
  expect(events).toMatch(/Warning +Evicted +pod\/batch-web-/);
  expect(events).toMatch(/Warning +EvictionThresholdMet +node\/node-1 +Attempting to reclaim memory/);
});

it("has the kernel end the platform after all apps", () => {
  const scoreOf = (app: string): number =>
    Number(platform.nagi(["exec", "--app", app, "--", "cat", "/proc/self/oom_score_adj"]));
  const lowest = Math.min(...["shop", "batch", "steady"].map(scoreOf));
  expect(scoreOf("batch")).toBe(1000);
  expect(scoreOf("steady")).toBeLessThan(1000);
  const own = platformScores();
  // Nagi, HAProxy and the registry at least.
  expect(own.length).toBeGreaterThan(2);
  expect(Math.max(...own)).toBeLessThan(lowest);
});

/** Of the processes that work for this platform. */
function platformScores(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(join("/proc", name, "cmdline"), "utf8");
        if (!command.includes(platform.dataDir) && Number(name) !== pid) return [];
        return [Number(readFileSync(join("/proc", name, "oom_score_adj"), "utf8"))];
      } catch {
        // It has ended.
        return [];
      }
    });
}
