import { defineConfig } from "vitest/config";

/** Those that count what is lost under load, take the disk or a port of the machine, or end the engine. */
const alone = ["demonstration", "faults", "full-disk", "load", "push-faults"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/**
 * Tests are named by what they need: `x.test.ts` nothing, `x.engine.test.ts` root and a container engine;
 * `test/e2e` the whole platform, two platforms at a time, and some of them alone. Those start real programs on a machine that may be busy with other
 * work: a test that fails is tried once more, and the report says so.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/unit/**/*.test.ts", "test/sim/**/*.test.ts"],
          exclude: ["**/*.engine.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["src/**/*.engine.test.ts"],
          globalSetup: ["test/harness/base-images.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          retry: 1,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/conformance/**/*.test.ts"],
          exclude: alone,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          retry: 1,
        },
      },
      {
        test: {
          name: "e2e-alone",
          include: alone,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          retry: 1,
        },
      },
    ],
  },
});
