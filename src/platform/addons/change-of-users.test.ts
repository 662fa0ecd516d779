import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { changeOfUsers } from "./change-of-users.ts";

let lock: string;
beforeEach(() => {
  lock = mkdtempSync(join(tmpdir(), "nagi-users-"));
});
afterEach(() => rmSync(lock, { recursive: true, force: true }));

function run(script: string, maxMs?: number): Promise<number | null> {
  const [program = "", ...argv] = changeOfUsers(script, { lock, ...(maxMs === undefined ? {} : { maxMs }) });
  const child = spawn(program, argv, { cwd: lock, stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
}

it("lets no two changes run at the same time", async () => {
  const change = "echo begin >> log; sleep 0.2; echo end >> log";
  expect(await Promise.all([run(change), run(change), run(change)])).toEqual([0, 0, 0]);
  expect(readFileSync(join(lock, "log"), "utf8")).toBe("begin\nend\n".repeat(3));
});

it("ends one that hangs with all that it started, and makes way for the next", async () => {
  expect(await run("sleep 1000 & echo $! > child; wait", 300)).toBe(124);
  const child = Number(readFileSync(join(lock, "child"), "utf8"));
  // The next one waits for the lock, which the child would hold.
  expect(await run("true")).toBe(0);
  await expect.poll(() => isRunning(child)).toBe(false);
});

it("tells the status of the command", async () => {
  expect(await run("exit 3")).toBe(3);
});

/** One that has ended and is not collected yet runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
