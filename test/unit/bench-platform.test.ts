/** A benchmark that is told to end ends what it started. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const module = pathToFileURL(join(import.meta.dirname, "../../bench/platform.ts")).href;
const code = `
  const { atSignal } = await import(${JSON.stringify(module)});
  atSignal(async () => { await new Promise((done) => setTimeout(done, 20)); console.log("ended one"); });
  atSignal(() => { throw new Error("cannot end"); });
  atSignal(() => console.log("ended another"));
  console.log("started");
  setInterval(() => undefined, 1000);
`;

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s ends all of it, also when a part cannot be ended", async (signal, exitCode) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output === "started\n") child.kill(signal);
  });
  const [status] = (await once(child, "close")) as [number];
  expect(output).toBe("started\nended another\nended one\n");
  expect(status).toBe(exitCode);
});
