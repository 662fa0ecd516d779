/**
 * `npm test [PROJECT ...]`: installs what is missing, checks the code, then runs the tests: unit, sim, engine, e2e, e2e-alone.
 * Engine and end-to-end tests need root and a container engine; without root they are left out, and said so. Those of their
 * files that fail are run once more, whole and when the others have ended (adr/0187): what passes then is told, and counts.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { environment, prepareCheckout, run } from "./bootstrap.mjs";

prepareCheckout();
const asked = process.argv.slice(2);
const isRoot = process.getuid?.() === 0;
if (isRoot && run(["scripts/setup.ts", "--tests"]) !== 0) process.exit(1);
/** More than that fail for a reason. */
const filesAgainMax = 8;
/** Projects that run side by side. */
const groups = isRoot ? [["unit", "sim"], ["engine", "e2e"], ["e2e-alone"]] : [["unit", "sim"]];
const wanted = asked.length > 0 ? asked.map((project) => [project]) : groups;
if (!isRoot)
  console.log("Not root: the engine and end-to-end tests are left out. All of them: sudo npm test");

let failed = asked.length === 0 && run(["scripts/check.ts"]) !== 0 ? 1 : 0;
const counts = { passed: 0, failed, skipped: 0 };
const failures = [];
const passedAgain = [];
const reports = mkdtempSync(join(tmpdir(), "nagi-test-"));
for (const group of wanted) {
  const first = runGroup(group, { name: "first", env: { NAGI_TEST_FIRST: "1" } });
  const again = first.files.filter(({ status }) => status === "failed").map(({ name }) => name);
  const isPure = group.includes("unit") || group.includes("sim");
  if (isPure || again.length === 0 || again.length > filesAgainMax) {
    count(group, first);
    continue;
  }
  console.log(`\nOnce more, with platforms of their own: ${again.map(nameOf).join(", ")}\n`);
  const second = runGroup(group, { name: "again", files: again });
  const rest = first.files.filter(({ name }) => !again.includes(name));
  const mended = second.files.filter(({ status }) => status === "passed").map(({ name }) => name);
  const failedAtFirst = first.files.filter(({ name }) => mended.includes(name));
  passedAgain.push(...failuresOf("PASSED AGAIN", failedAtFirst));
  // Files that the second run says nothing of stay failed.
  const untold = first.files.filter(
    ({ name }) => again.includes(name) && !second.files.some((file) => file.name === name),
  );
  count(group, { code: second.code, files: [...rest, ...second.files, ...untold] });
}
rmSync(reports, { recursive: true });
if (passedAgain.length > 0) console.log(`\n${passedAgain.join("\n")}`);
if (failures.length > 0) console.log(`\n${failures.join("\n")}`);
const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = failed;

/** Runs all files of the projects, or those that are named; what became of each file. */
function runGroup(group, { name, files = [], env = {} }) {
  const report = join(reports, `${group.join("-")}-${name}.json`);
  const argv = ["node_modules/vitest/vitest.mjs", "run", ...group.flatMap((each) => ["--project", each])];
  argv.push(`--maxWorkers=${group.includes("e2e") && name === "first" ? 3 : 2}`);
  argv.push("--reporter=default", "--reporter=json", `--outputFile.json=${report}`);
  const code = run([...argv, ...files.map(nameOf)], { env: { ...environment(), ...env } });
  try {
    return { code, files: JSON.parse(readFileSync(report, "utf8")).testResults };
  } catch (error) {
    console.error(`no report of ${group.join(" and ")}: ${error.message}`);
    return { code: 1, files: [] };
  }
}

function count(group, { code, files }) {
  const before = counts.failed;
  for (const { status, assertionResults } of files) {
    const number = (wantedStatus) => assertionResults.filter((test) => test.status === wantedStatus).length;
    const failedTests = number("failed");
    counts.passed += number("passed");
    // A file may fail before its tests or after them.
    counts.failed += status === "failed" ? Math.max(failedTests, 1) : failedTests;
    counts.skipped += assertionResults.length - number("passed") - failedTests;
  }
  if (code !== 0) {
    failed = 1;
    if (counts.failed === before) counts.failed++;
  }
  failures.push(...failuresOf(`FAILED ${group.join(" and ")}`, files));
}

function nameOf(path) {
  return relative(process.cwd(), path);
}

/** Each failed test and its first message, so that the end of a long output says what failed. */
function failuresOf(what, files) {
  return files.flatMap(({ name, message, assertionResults }) => {
    const failedTests = assertionResults.filter(({ status }) => status === "failed");
    const lines = failedTests.map(
      ({ fullName, failureMessages }) => `${fullName}\n    ${failureMessages[0]?.slice(0, 600)}`,
    );
    if (lines.length === 0 && message) lines.push(message.slice(0, 600));
    return lines.map((line) => `${what} ${nameOf(name)}: ${line}`);
  });
}
