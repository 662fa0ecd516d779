/**
 * Installs the Debian packages that Nagi needs and that are missing, with `--tests` and `--bench` those of its tests and
 * benchmarks too. Needs root.
 */

import { findProgram, installPackages, missingRequirements } from "../src/main/packages.ts";

const path = process.env["PATH"] ?? "";
const forTests: readonly (readonly [program: string, debianPackage: string])[] = [
  ["kubectl", "kubernetes-client"],
  ["curl", "curl"],
  ["ip", "iproute2"],
  ["zip", "zip"],
  ["unzip", "unzip"],
  ["pebble", "pebble"],
];

const forBenchmarks: typeof forTests = [["wrk", "wrk"]];

const wanted = [
  ...(process.argv.includes("--tests") ? forTests : []),
  ...(process.argv.includes("--bench") ? forBenchmarks : []),
];
const missing = missingRequirements(path).map(({ debianPackage }) => debianPackage);
for (const [program, debianPackage] of wanted)
  if (findProgram(program, path) === undefined) missing.push(debianPackage);

if (missing.length > 0) {
  console.log(`Installing Debian packages: ${missing.join(" ")}`);
  await installPackages(missing, (line) => {
    if (/^(Get:|Setting up|E:|W:)/.test(line)) console.log(`  ${line}`);
  });
}
