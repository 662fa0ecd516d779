/** Installs the Debian packages that Nagi (with `--tests`: and its tests) need and that are missing. Needs root. */

import { findProgram, installPackages, missingRequirements } from "../src/main/packages.ts";

const path = process.env["PATH"] ?? "";
const forTests: readonly (readonly [program: string, debianPackage: string])[] = [
  ["kubectl", "kubernetes-client"],
  ["curl", "curl"],
  ["ip", "iproute2"],
  ["zip", "zip"],
  ["unzip", "unzip"],
];

const missing = missingRequirements(path).map(({ debianPackage }) => debianPackage);
if (process.argv.includes("--tests"))
  for (const [program, debianPackage] of forTests)
    if (findProgram(program, path) === undefined) missing.push(debianPackage);

if (missing.length > 0) {
  console.log(`Installing Debian packages: ${missing.join(" ")}`);
  await installPackages(missing, (line) => {
    if (/^(Get:|Setting up|E:|W:)/.test(line)) console.log(`  ${line}`);
  });
}
