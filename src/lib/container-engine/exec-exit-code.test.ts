import { expect, test } from "vitest";
import { execExitCode } from "./exec-exit-code.ts";

/** An engine that tells the states one after the other, then the last for good. */
function telling(...states: { Running: boolean; ExitCode: number | null }[]) {
  let asked = 0;
  const json = (): Promise<never> => Promise.resolve(states[Math.min(asked++, states.length - 1)] as never);
  return { json, count: () => asked };
}

test("the code of a command that still runs is not believed", async () => {
  const engine = telling({ Running: true, ExitCode: 0 }, { Running: false, ExitCode: 3 });
  expect(await execExitCode(engine, "x")).toBe(3);
  expect(engine.count()).toBe(2);
});

test("who asks may give up", async () => {
  const engine = telling({ Running: true, ExitCode: 0 });
  await expect(execExitCode(engine, "x", AbortSignal.timeout(20))).rejects.toThrow(/abort/i);
});
