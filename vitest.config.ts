import { defineConfig } from "vitest/config";

/**
 * Tests are named by what they need: `x.test.ts` nothing, `x.engine.test.ts` root and a container engine;
 * `test/e2e` the whole platform, one at a time. Those start real programs on a machine that may be busy with other
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
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          retry: 1,
        },
      },
    ],
  },
});
