import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ProgramShells } from "./program-shell.ts";
import { findProgram, ProgramError, runProgram } from "./system-programs.ts";

const call = { args: [], input: "", env: {}, timeoutMs: 10_000 };

test("what a program gets and prints is as it was given", async () => {
  const args = ["%s|", "a b", "it's", '"$HOME"', "`id`", "two\nlines", "", "\\", "ü"];
  expect(await runProgram("printf", args)).toBe(`${args.slice(1).join("|")}|`);
  const input = "first 'quoted' $HOME `id` \\\nEOF\n\nü";
  expect(await runProgram("cat", [], { input })).toBe(`${input}\n`);
  expect(await runProgram("cat", [], { input: `${input}\n` })).toBe(`${input}\n`);
  expect(await runProgram("cat", [])).toBe("");
  const long = "x".repeat(60_000);
  expect(await runProgram("cat", [], { input: long })).toBe(`${long}\n`);
});

test("variables are added to this process's own", async () => {
  const shown = await runProgram("sh", ["-c", 'echo "$GIVEN, $PATH"'], { env: { GIVEN: "it's 1" } });
  expect(shown).toMatch(/^it's 1, \S+\n$/);
  expect(await runProgram("sh", ["-c", 'echo "$GIVEN"'])).toBe("\n");
});

test("a failure says what the program said, and has what it printed", async () => {
  const failing = runProgram("sh", ["-c", "echo begun; echo no such thing >&2; exit 3"]);
  await expect(failing).rejects.toThrow(/^cannot run sh -c .*: no such thing$/);
  await expect(failing).rejects.toMatchObject({ name: "ProgramError", output: "begun\n" });
  await expect(runProgram("sh", ["-c", "exit 3"])).rejects.toThrow("it ended with 3");
  await expect(runProgram("sh", ["-c", "kill -9 $$"])).rejects.toThrow("Killed");
  await expect(runProgram("/no/such/program", [])).rejects.toThrow(/\/no\/such\/program.* not found/);
});

test("of a long output the beginning is kept", async () => {
  const output = await runProgram("sh", ["-c", "echo begin; yes | head -c 1000000; echo end"]);
  expect(output).toHaveLength(64 * 1024);
  expect(output).toMatch(/^begin\ny\n/);
});

test("a program that takes too long is ended with all it started, and the next ones run", async () => {
  const script = 'sleep 60 & echo "$!" >&2; wait';
  const shells = new ProgramShells(1);
  const late = shells.run({ ...call, path: "sh", args: ["-c", script], timeoutMs: 300 });
  const next = shells.run({ ...call, path: "echo", args: ["next"] });
  await expect(late).rejects.toThrow("it took longer than 300 ms");
  expect(await next).toEqual({ output: "next\n", errors: "", code: 0 });
  await expect(runProgram("sleep", ["5"], { timeoutMs: 100 })).rejects.toThrow(ProgramError);
});

test("programs run beside each other, as many as there are shells", async () => {
  const shells = new ProgramShells(2);
  const pids = await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      const script = `sleep 0.1; echo $PPID ${number}`;
      return (await shells.run({ ...call, path: "sh", args: ["-c", script] })).output.split(" ");
    }),
  );
  expect(pids.map(([, number]) => number)).toEqual(["1\n", "2\n", "3\n", "4\n"]);
  expect(new Set(pids.map(([pid]) => pid)).size).toBe(2);
});

/** For a process that may open few files. */
const starved = `
import { closeSync, openSync } from "node:fs";
import { ProgramShells } from ${JSON.stringify(new URL("program-shell.ts", import.meta.url).href)};
const shells = new ProgramShells(1);
const said = [];
const echo = { path: "echo", args: ["later"], input: "", env: {}, timeoutMs: 10_000 };
const open = [];
try { for (;;) open.push(openSync("/dev/null", "r")); } catch {}
for (let tries = 0; tries < 2; tries += 1) await shells.run(echo).catch(({ message }) => said.push(message));
open.forEach((file) => closeSync(file));
said.push((await shells.run(echo)).output.trim());
console.log(said.join(", "));
`;

test("a shell that cannot be started fails its program, and leaves its place to the next", () => {
  const limited = ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--input-type=module-typescript"];
  const { stdout, stderr } = spawnSync("/bin/sh", [...limited, "--eval", starved], { encoding: "utf8" });
  expect(stdout, stderr).toBe("cannot run a shell, cannot run a shell, later\n");
});

test("a shell that somebody kills fails what it ran, and another takes its place", async () => {
  const shells = new ProgramShells(1);
  const killed = shells.run({ ...call, path: "sh", args: ["-c", "kill -9 $PPID; sleep 0.1"] });
  await expect(killed).rejects.toThrow("the shell that ran it ended with SIGKILL");
  const { output } = await shells.run({ ...call, path: "sh", args: ["-c", "echo $PPID"] });
  process.kill(Number(output), "SIGKILL");
  while (stateOf(Number(output)) !== undefined) await sleep(5);
  expect(await shells.run({ ...call, path: "echo", args: ["again"] })).toMatchObject({ output: "again\n" });
});

/** As `ps` names it, Z for one that has ended; undefined once its parent knows of it. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

test("a process waits for its programs and not for its shells", async () => {
  const module = new URL("system-programs.ts", import.meta.url).href;
  const script = `import { runProgram } from ${JSON.stringify(module)};
    console.log(await runProgram("sh", ["-c", "sleep 0.2; echo $PPID"]));`;
  const argv = ["--input-type=module-typescript", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 10_000 });
  const shell = Number(stdout);
  expect(shell).toBeGreaterThan(1);
  while (![undefined, "Z"].includes(stateOf(shell))) await sleep(5);
});

test("programs of administration are found without a PATH", async () => {
  expect(await findProgram("nft")).toBe("/usr/sbin/nft");
  expect(await findProgram("no-such-program")).toBeUndefined();
});
