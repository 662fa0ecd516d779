/** Installs the npm packages where they are missing or older than the lock file. Runs on any Node from 20 on. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const node = join(root, "node_modules/node/bin/node");

const stampFile = join(root, "node_modules/.nagi-lock");

/** The environment in which `node` is Nagi's own. */
export function environment() {
  const path = [join(root, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path };
}

/** npm packages and the prepared program (adr/0135), where they are missing or old. */
export function prepareCheckout() {
  installPackages();
  const { status } = spawnSync(node, ["--disable-warning=ExperimentalWarning", "scripts/prepare.ts"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0)
    console.error("Nagi's program cannot be prepared; it runs from its sources, which takes longer.");
}

export function installPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(node) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === lock) return;
  console.log("Installing npm packages into node_modules (once) ...");
  const argv = ["install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"];
  const { status } = spawnSync("npm", argv, { cwd: root, stdio: "inherit" });
  if (status !== 0 || !existsSync(node)) {
    console.error(
      "npm install failed; see above. Behind a proxy or a private registry, set it in your npm configuration.",
    );
    process.exit(1);
  }
  writeFileSync(stampFile, lock);
}

/** Runs a program with Nagi's Node in the foreground and gives its exit code. */
export function run(argv, options = {}) {
  const { status, signal, error } = spawnSync(node, argv, {
    cwd: root,
    stdio: "inherit",
    env: environment(),
    ...options,
  });
  if (error !== undefined) throw error;
  return status ?? (signal === null ? 1 : 130);
}
