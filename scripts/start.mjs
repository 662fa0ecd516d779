/** `npm start`: sets up what is missing, starts the platform, pushes examples/hello and prints its URL. */

import { installPackages, run } from "./bootstrap.mjs";

installPackages();
process.exitCode = run([
  "--disable-warning=ExperimentalWarning",
  "src/main/start.ts",
  ...process.argv.slice(2),
]);
