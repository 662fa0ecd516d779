/** How releases take over from each other, by the commands that a user types. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

it("deploy-strategies.md: chosen by command, told at a push", () => {
  const { code, stdout } = runGuideExample(platform, "deploy-strategies.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^ledger is deployed rolling$/m);
  expect(stdout).toMatch(/^ledger is deployed recreate$/m);
  expect(stdout).toContain("recreate: web ends before it starts anew");
  expect(stdout).toMatch(/^v2 Live: all instances are ready$/m);
  const strategies = ["get", "deployments", "-o", "jsonpath={.items[*].spec.strategy.type}"];
  expect(platform.kubectl(strategies)).toBe("Recreate");
});

it("refuses a strategy that there is not, and says which there are", () => {
  expect(platform.tryNagi(["deploys", "strategy", "ledger", "big-bang"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("The strategies: rolling, recreate") as unknown,
  });
});
