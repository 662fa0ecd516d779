import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sleep, systemClock } from "./clock.ts";
import { readRecord } from "./detached-process.ts";
import { silentLogger } from "./log.ts";
import { ManagedProcess, stopManaged, type ManagedProcessOptions } from "./managed-process.ts";

let dir: string;
const started: ManagedProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-process-"));
});

afterEach(async () => {
  for (const managed of started.splice(0)) await managed.stop();
  await rm(dir, { recursive: true, force: true });
});

function managed(given: Partial<ManagedProcessOptions> = {}): ManagedProcess {
  const made = new ManagedProcess({
    name: "napper",
    dir,
    command: ["sleep", "600"],
    env: {},
    graceMs: 2000,
    clock: systemClock,
    log: silentLogger,
    ...given,
  });
  started.push(made);
  return made;
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(systemClock, 10);
}

test("starts once, adopts what runs unchanged, and stops it", async () => {
  expect(await managed().start()).toBe("started");
  const pid = await managed().pid();
  expect(await managed().start()).toBe("adopted");
  expect(await managed().pid()).toBe(pid);
  expect(await stopManaged({ name: "napper", dir, graceMs: 2000, clock: systemClock })).toBe(true);
  expect(await managed().isRunning()).toBe(false);
  expect(await stopManaged({ name: "napper", dir, graceMs: 2000, clock: systemClock })).toBe(false);
});

test("a program that can wait has less of the processor, from its first moment", async () => {
  const niceness = async (pid = 0): Promise<number> => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  };
  await managed({ niceness: 3 }).start();
  const pid = await managed({ niceness: 3 }).pid();
  await until(async () => (await readFile(`/proc/${pid}/cmdline`, "utf8")).startsWith("sleep"));
  expect(await niceness(pid)).toBe(Math.min(19, (await niceness(process.pid)) + 3));
  if (existsSync("/proc/self/autogroup"))
    expect(await readFile(`/proc/${pid}/autogroup`, "utf8")).toMatch(/ nice 3\n$/);
  expect(await managed({ niceness: 4 }).start()).toBe("adopted");
});

test("the program outlives a starter that is killed with SIGKILL", async () => {
  const script = join(dir, "starter.ts");
  const lib = new URL(".", import.meta.url).pathname;
  await writeFile(
    script,
    `import { ManagedProcess } from "${lib}managed-process.ts";
     import { systemClock } from "${lib}clock.ts";
     import { silentLogger } from "${lib}log.ts";
     const managed = new ManagedProcess({ name: "napper", dir: ${JSON.stringify(dir)}, command: ["sleep", "600"],
       env: {}, clock: systemClock, log: silentLogger });
     await managed.start();
     process.kill(process.pid, "SIGKILL");`,
  );
  expect(spawnSync(process.execPath, [script]).signal).toBe("SIGKILL");
  expect(await managed().start()).toBe("adopted");
});

test("another configuration restarts, or reloads where the program can", async () => {
  const first = managed({ configDigest: "one" });
  await first.start();
  const pid = await first.pid();
  expect(await managed({ configDigest: "two" }).start()).toBe("restarted");
  expect(await first.pid()).not.toBe(pid);

  const reloaded: number[] = [];
  const reload = (target: number): Promise<void> => Promise.resolve(void reloaded.push(target));
  const third = managed({ configDigest: "three", reload });
  expect(await third.start()).toBe("reloaded");
  expect(reloaded).toEqual([await first.pid()]);
  expect(await third.start()).toBe("adopted");
  expect(await third.reconfigure("four")).toBe("reloaded");
  expect(await managed({ command: ["sleep", "601"], configDigest: "four", reload }).start()).toBe(
    "restarted",
  );
});

test("a recycled pid is neither adopted nor killed", async () => {
  const first = managed();
  await first.start();
  const record = await readRecord(join(dir, "napper.pid"));
  await sleep(systemClock, 50); // start times are told in ticks of 10 ms
  const foreign = managed({ name: "stranger" });
  await foreign.start();
  const foreignPid = await foreign.pid();
  const text = await readFile(join(dir, "napper.pid"), "utf8");
  // The record of the first names the pid of the second: its start time does not fit.
  await first.stop();
  await writeFile(join(dir, "napper.pid"), text.replace(`${record?.pid} (`, `${foreignPid} (`));
  expect(await first.isRunning()).toBe(false);
  await stopManaged({ name: "napper", dir, graceMs: 100, clock: systemClock });
  expect(await foreign.isRunning()).toBe(true);
});

test("a record of an earlier boot is not believed", async () => {
  const first = managed();
  await first.start();
  const path = join(dir, "napper.pid");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/^[^\n]*/, "00000000-0000-0000-0000-000000000000"));
  expect(await first.isRunning()).toBe(false);
  await writeFile(path, text);
  expect(await first.isRunning()).toBe(true);
});

test("a program that ignores SIGTERM is killed after the grace", async () => {
  const deaf = managed({ command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"], graceMs: 200 });
  await deaf.start();
  await sleep(systemClock, 100);
  await deaf.stop();
  expect(await deaf.isRunning()).toBe(false);
});

test("one that ends at once says why", async () => {
  const broken = managed({
    command: ["sh", "-c", "echo no such luck; exit 3"],
    ready: () => Promise.resolve(false),
  });
  await expect(broken.start()).rejects.toThrow(/cannot start napper: it ended at once: no such luck/);
});

test("one that never becomes ready is reported", async () => {
  const slow = managed({ ready: () => Promise.reject(new Error("refused")), readyTimeoutMs: 100 });
  await expect(slow.start()).rejects.toThrow(/not ready after 100 ms/);
});

test("the supervisor starts a killed program again, and leaves it running at its own end", async () => {
  const watched = managed();
  await watched.start();
  const pid = await watched.pid();
  const stop = new AbortController();
  const running = watched.run(stop.signal);
  process.kill(pid ?? 0, "SIGKILL");
  await until(async () => ![undefined, pid].includes(await watched.pid()));
  stop.abort();
  await running;
  expect(await watched.isRunning()).toBe(true);
});

test("the log stays bounded while the program goes on writing", async () => {
  const talker = managed({
    command: ["sh", "-c", "i=0; while :; do i=$((i + 1)); echo line $i; sleep 0.001; done"],
    logMaxBytes: 200,
  });
  await talker.start();
  await until(async () => (await stat(talker.logFile)).size > 400);
  const stop = new AbortController();
  const running = talker.run(stop.signal);
  await until(async () => (await stat(`${talker.logFile}.1`).catch(() => undefined)) !== undefined);
  stop.abort();
  await running;
  // The program writes on into what was emptied a moment ago.
  await until(async () => (await stat(talker.logFile)).size > 0);
  const [, first] = /^line (\d+)\n/.exec(await readFile(talker.logFile, "utf8")) ?? [];
  expect(Number(first)).toBeGreaterThan(1);
  expect(await readFile(`${talker.logFile}.1`, "utf8")).toMatch(/^line 1\n/);
});
