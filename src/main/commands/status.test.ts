import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCommand } from "../../cli/testing/command-bench.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { thisProcess, writeState } from "../state.ts";
import { command } from "./status.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "nagi-status-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

it("counts nothing of the platform that commands are logged in to when the one here cannot be asked", async () => {
  writeState(dataDir, {
    ...thisProcess(),
    version: "1",
    startedAt: "2026-01-01T00:00:00Z",
    httpUrl: "http://localhost:8080",
    apiUrl: "https://127.0.0.1:1",
    registry: "127.0.0.1:5000",
    nodes: 1,
    externalPlatform: false,
  });
  const elsewhere = new FakeClient({ objects: [newObject(app, { name: "shop", namespace: "default" }, {})] });
  const { code, out, err } = await runCommand(command, elsewhere, ["--data-dir", dataDir]);
  expect(code).toBe(0);
  expect(out).toMatch(/Apps: .*\(\? apps\)\n/);
  expect(out).toMatch(/Nodes: +\?\n/);
  expect(err).toMatch(/^How many apps and nodes it has is not known: /);
  const json = await runCommand(command, elsewhere, ["--data-dir", dataDir, "-o", "json"]);
  expect(Object.keys(JSON.parse(json.out) as object)).not.toContain("apps");
});
