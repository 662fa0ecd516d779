/** `npm run bench -- NAME [--json] [options]`: runs bench/NAME.ts; without a name it lists them. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { environment, node, prepareCheckout, root, run } from "./bootstrap.mjs";

prepareCheckout();
const [name, ...rest] = process.argv.slice(2);
const file = join("bench", `${name}.ts`);
if (name === undefined || !existsSync(join(root, file))) {
  const names = readdirSync(join(root, "bench"))
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => entry.slice(0, -3));
  console.error(`usage: npm run bench -- NAME [--json]; the names: ${names.join(", ")}`);
  process.exitCode = 2;
} else {
  if (process.getuid?.() === 0 && run(["scripts/setup.ts", "--tests", "--bench"]) !== 0) process.exit(1);
  process.exitCode = await runBench(["--disable-warning=ExperimentalWarning", file, ...rest]);
}

/** A benchmark ends what it started when it is told to end: it must hear of that itself. */
function runBench(argv) {
  const child = spawn(node, argv, { cwd: root, stdio: "inherit", env: environment() });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
