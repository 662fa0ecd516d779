import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { isDeaf, isDeafIn } from "./deaf-process.ts";

const status = (masks: { blocked?: string; ignored?: string; caught?: string }, pids = "4242\t1"): string =>
  [
    "Name:\tnode",
    `NSpid:\t${pids}`,
    `SigBlk:\t${masks.blocked ?? "0000000000000000"}`,
    `SigIgn:\t${masks.ignored ?? "0000000000001000"}`,
    `SigCgt:\t${masks.caught ?? "0000000000000000"}`,
    "",
  ].join("\n");

it.each<[string, string, boolean]>([
  ["does nothing at it", status({}), true],
  ["catches it among others", status({ caught: "0000000188004602" }), false],
  ["catches it", status({ caught: "0000000000004000" }), false],
  ["catches its neighbours", status({ caught: "000000000000a000" }), true],
  ["ignores it", status({ ignored: "0000000000004000" }), false],
  ["waits for it, blocked", status({ blocked: "fffffffffffbfeff" }), false],
  ["is not the first of a container", status({}, "4242"), false],
  ["is the second of a container", status({}, "4242\t12"), false],
  ["is gone", "", false],
])("a process that %s", (_what, text, deaf) => {
  expect(isDeafIn(text, 15)).toBe(deaf);
});

it("a signal that is not known is left to the engine", () => {
  expect(isDeafIn(status({}), undefined)).toBe(false);
});

it("a process of this machine is none of a container", async () => {
  const child = spawn("sleep", ["60"]);
  expect(await isDeaf(child.pid ?? 0, "SIGTERM")).toBe(false);
  child.kill("SIGKILL");
});
