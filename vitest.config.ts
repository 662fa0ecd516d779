import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/harness/longest-first.ts";

/** Those that count what is lost under load, take the machine's disk or memory, or end the engine. */
const alone = ["faults", "full-disk", "load", "memory-pressure"].map((name) => `test/e2e/${name}.test.ts`);

/** What comes soon comes late on a busy machine. */
const expectations = { poll: { timeout: 20_000 } };

/**
 * Tests are named by what they need: `x.test.ts` and `test/sim` nothing, `x.engine.test.ts` root and a container engine;
 * `test/e2e` the whole platform. Most of their time is waiting, so three files of them run at a time on two cores; some run
 * alone. They start real programs on a machine that may be busy with other work: a test that fails is tried once more, and
 * the report says so; `npm test` then runs its whole file once more (adr/0187). Files that start no platform share the modules
 * that their worker has loaded, which saves a third of their time: what a test changes in a module it must undo.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"],
          exclude: ["**/*.engine.test.ts"],
          testTimeout: 90_000,
          expect: expectations,
          isolate: false,
        },
      },
      {
        test: {
          name: "sim",
          include: ["test/sim/**/*.test.ts"],
          testTimeout: 60_000,
          expect: expectations,
          isolate: false,
          // Pure computing: Node's own modules save a quarter of it, which outweighs that each file is stripped anew.
          experimental: { viteModuleRunner: false },
        },
      },
      {
        test: {
          name: "engine",
          include: ["src/**/*.engine.test.ts"],
          globalSetup: ["test/harness/base-images.ts"],
          testTimeout: 180_000,
          expect: expectations,
          hookTimeout: 180_000,
          retry: 1,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/conformance/**/*.test.ts"],
          exclude: alone,
          globalSetup: ["test/harness/prepared-program.ts"],
          setupFiles: ["test/harness/end-at-failure.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          retry: 1,
        },
      },
      {
        test: {
          name: "e2e-alone",
          include: alone,
          globalSetup: ["test/harness/prepared-program.ts"],
          setupFiles: ["test/harness/end-at-failure.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          retry: 1,
        },
      },
    ],
  },
});
