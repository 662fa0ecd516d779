/** The script itself, with a program that says what it was told in runc's place. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processorsIn, processorsOf } from "../processors.ts";
import { findProgram, runProgram } from "../system-programs.ts";
import { writePatientRunc } from "./patient-runc.ts";

const container = `nagi-patient-${process.pid}`;
const stateDir = `/run/runc/${container}`;
let dir: string;
let script: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-patient-"));
  script = join(dir, "runc");
  expect(await writePatientRunc(script, "/bin/echo")).toBe(true);
  mkdirSync(stateDir, { recursive: true });
});
afterEach(() => {
  for (const each of [dir, stateDir]) rmSync(each, { recursive: true, force: true });
});

function started(seconds: string) {
  const child = spawn("sleep", [seconds]);
  const state = { id: container, init_process_pid: child.pid, init_process_start: 1 };
  writeFileSync(join(stateDir, "state.json"), JSON.stringify(state));
  return child;
}

test("the state of a step is told when it has ended", async () => {
  const child = started("0.7");
  const ended = once(child, "exit");
  expect(await runProgram(script, ["state", container])).toBe(`state ${container}\n`);
  expect(existsSync(`/proc/${child.pid}`)).toBe(false);
  await ended;
});

test("that of one that goes on is told while it does", async () => {
  const child = started("60");
  expect(await runProgram(script, ["state", container])).toBe(`state ${container}\n`);
  expect(child.exitCode).toBeNull();
  child.kill();
});

test("all else is told to runc, and what it does not know too", async () => {
  expect(await runProgram(script, ["--root", "/x y", "state", container])).toBe(
    `--root /x y state ${container}\n`,
  );
  expect(await runProgram(script, ["kill", container, "9"])).toBe(`kill ${container} 9\n`);
  expect(await runProgram(script, ["state", "nobody"])).toBe("state nobody\n");
});

test("a container that was made may use all processors before it starts, and so may all else that runs", async () => {
  const all = await processorsOf("self");
  const taskset = (await findProgram("taskset")) ?? "";
  const print = join(dir, "print");
  writeFileSync(print, `#!/bin/sh\ntaskset --cpu-list --pid $$\n`, { mode: 0o700 });
  expect(await writePatientRunc(script, print, { taskset, all })).toBe(true);
  const child = started("60");
  await runProgram(taskset, ["--cpu-list", "--pid", String(all[0]), String(child.pid)]);
  const told = async (...args: string[]): Promise<readonly number[]> => {
    const text = await runProgram(taskset, ["--cpu-list", String(all[0]), script, ...args]);
    return [...text.matchAll(/list: (.*)/g)].flatMap(([, list = ""]) => processorsIn(list));
  };
  const one = all.slice(0, 1);
  expect(await told("create", "--bundle", "/x", container)).toEqual(one);
  expect(await told("--systemd-cgroup", "create", container)).toEqual(one);
  expect(await processorsOf(child.pid ?? 0)).toEqual(one);
  await told("start", container);
  expect(await processorsOf(child.pid ?? 0)).toEqual(all);
  expect(await told("exec", "--process", "create", container)).toEqual(all);
  expect(await told("--systemd-cgroup", "exec", container)).toEqual(all);
  child.kill();
});

test("a place where scripts cannot be run is none for it", async () => {
  expect(await writePatientRunc(script, "/nowhere/runc")).toBe(false);
});
