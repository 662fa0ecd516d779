/** What nothing caught ends the process: nobody knows what state it left. Apps go on, and a restart adopts them. */

import type { Logger } from "../lib/log.ts";

const exitCode = 70;

export function endOnUncaught(log: Logger): void {
  process.on("uncaughtException", (error) => {
    log.error("an error that nothing caught", { error });
    process.stderr.write(`${error.stack}\n`);
    process.exit(exitCode);
  });
}
