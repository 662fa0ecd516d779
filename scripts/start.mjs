/** `npm start`: sets up what is missing, starts the platform, pushes examples/hello and prints its URL. */

import { prepareCheckout, run } from "./bootstrap.mjs";

prepareCheckout();
process.exitCode = run([
  "--disable-warning=ExperimentalWarning",
  "src/main/start.ts",
  ...process.argv.slice(2),
]);
