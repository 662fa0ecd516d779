/** `npm run bench -- NAME [--json] [options]`: runs bench/NAME.ts; without a name it lists them. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { prepareCheckout, root, run } from "./bootstrap.mjs";

prepareCheckout();
const [name, ...rest] = process.argv.slice(2);
const file = join("bench", `${name}.ts`);
if (name === undefined || !existsSync(join(root, file))) {
  const names = readdirSync(join(root, "bench"))
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => entry.slice(0, -3));
  console.error(`usage: npm run bench -- NAME [--json]; the names: ${names.join(", ")}`);
  process.exitCode = 2;
} else process.exitCode = run(["--disable-warning=ExperimentalWarning", file, ...rest]);
