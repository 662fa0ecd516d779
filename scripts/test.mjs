/**
 * `npm test [PROJECT ...]`: installs what is missing, checks the code, then runs the tests: unit, sim, engine, e2e, e2e-alone.
 * Engine and end-to-end tests need root and a container engine; without root they are left out, and said so.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { prepareCheckout, run } from "./bootstrap.mjs";

prepareCheckout();
const asked = process.argv.slice(2);
const isRoot = process.getuid?.() === 0;
if (isRoot && run(["scripts/setup.ts", "--tests"]) !== 0) process.exit(1);
/** Projects that run side by side. */
const groups = isRoot ? [["unit", "sim"], ["engine", "e2e"], ["e2e-alone"]] : [["unit", "sim"]];
const wanted = asked.length > 0 ? asked.map((project) => [project]) : groups;
if (!isRoot)
  console.log("Not root: the engine and end-to-end tests are left out. All of them: sudo npm test");

let failed = asked.length === 0 && run(["scripts/check.ts"]) !== 0 ? 1 : 0;
const failures = [];
const counts = { passed: 0, failed, skipped: 0 };
const reports = mkdtempSync(join(tmpdir(), "nagi-test-"));
for (const group of wanted) {
  const project = group.join(" and ");
  const report = join(reports, `${project}.json`);
  const argv = ["node_modules/vitest/vitest.mjs", "run", ...group.flatMap((name) => ["--project", name])];
  argv.push(`--maxWorkers=${group.includes("unit") || group.includes("sim") ? 2 : 3}`);
  const code = run([...argv, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);
  if (code !== 0) failed = 1;
  try {
    const told = JSON.parse(readFileSync(report, "utf8"));
    const { numPassedTests, numFailedTests, numPendingTests } = told;
    failures.push(...failuresOf(project, told));
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
    if (code !== 0 && numFailedTests === 0) counts.failed++;
  } catch (error) {
    console.error(`no report of ${project}: ${error.message}`);
    counts.failed++;
    failed = 1;
  }
}
rmSync(reports, { recursive: true });
if (failures.length > 0) console.log(`\n${failures.join("\n")}`);
const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = failed;

/** Each failed test and its first message, so that the end of a long output says what failed. */
function failuresOf(project, { testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failedTests = assertionResults.filter(({ status }) => status === "failed");
    const lines = failedTests.map(
      ({ fullName, failureMessages }) => `${fullName}\n    ${failureMessages[0]?.slice(0, 600)}`,
    );
    if (lines.length === 0 && message) lines.push(message.slice(0, 600));
    return lines.map((line) => `FAILED ${project} ${relative(process.cwd(), name)}: ${line}`);
  });
}
