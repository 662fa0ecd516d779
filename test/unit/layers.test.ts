import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: { readonly rule: { readonly name: string } }[];
  };
}

function cruise(folder: string, config: string): Report {
  const argv = ["node_modules/.bin/depcruise", folder, "--config", config, "--output-type", "json"];
  return JSON.parse(spawnSync(process.execPath, argv, { maxBuffer: 1 << 28 }).stdout.toString()) as Report;
}

it("finds every planted break of the layer rule, so that silence means something", () => {
  const { summary } = cruise("test/fixtures/layers/src", "test/fixtures/layers/.dependency-cruiser.cjs");
  const broken = new Set(summary.violations.map(({ rule }) => rule.name));
  expect([...broken].sort()).toEqual(["layer-lib", "layer-platform", "no-cycle", "pure-scheduler"]);
});

it("sees the source tree", () => {
  const files = execFileSync("git", ["ls-files", "src/**/*.ts"]).toString().trim().split("\n");
  const { summary } = cruise("src", ".dependency-cruiser.cjs");
  expect(summary.totalCruised).toBeGreaterThanOrEqual(files.length);
});
