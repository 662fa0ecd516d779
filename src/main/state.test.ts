import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { paths } from "./config.ts";
import {
  removeStarting,
  runningPlatform,
  startingPlatform,
  thisProcess,
  writeStarting,
  writeState,
  type PlatformState,
} from "./state.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "nagi-state-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const state: PlatformState = {
  ...thisProcess(),
  version: "1",
  startedAt: "2026-01-01T00:00:00Z",
  httpUrl: "http://localhost:8080",
  apiUrl: "https://127.0.0.1:6443",
  registry: "127.0.0.1:5000",
  nodes: 1,
  externalPlatform: false,
};

it("tells of a process that lives, and of no other of its number", () => {
  expect(runningPlatform(dataDir)).toBeUndefined();
  writeState(dataDir, state);
  expect(runningPlatform(dataDir)).toEqual(state);
  writeState(dataDir, { ...state, startTicks: "1" });
  expect(runningPlatform(dataDir)).toBeUndefined();
});

it("takes a file that a power failure tore for none", () => {
  const file = paths(dataDir).state;
  mkdirSync(dirname(file));
  for (const text of ["", '{"pid":']) {
    writeFileSync(file, text);
    expect(runningPlatform(dataDir)).toBeUndefined();
  }
});

it("leaves the word of another start alone", () => {
  writeStarting(dataDir);
  expect(startingPlatform(dataDir)).toEqual(thisProcess());
  removeStarting(dataDir);
  expect(startingPlatform(dataDir)).toBeUndefined();
  removeStarting(dataDir);
});
