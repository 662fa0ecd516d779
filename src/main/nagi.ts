/** The program: the only place, with its neighbours in main/, that touches the process, its environment and signals. */

import { runCli } from "../cli/run-cli.ts";
import { createTerminal } from "../cli/terminal.ts";
import { createHost } from "./host.ts";
import { platformCommands } from "./platform-commands.ts";
import { endWithoutOutput } from "./unread-output.ts";

const interrupted = new AbortController();
const interrupt = (): void => interrupted.abort();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, interrupt);
// Of a terminal that goes away it comes twice: from the shell, and at the shell's end.
process.on("SIGHUP", interrupt);
const watched = endWithoutOutput({
  out: process.stdout,
  err: process.stderr,
  interrupt,
  exit: (code) => process.exit(code),
});

const code = await runCli({
  argv: process.argv.slice(2),
  host: createHost(),
  terminal: createTerminal({
    out: process.stdout,
    err: process.stderr,
    input: process.stdin,
    env: process.env,
  }),
  signal: interrupted.signal,
  extra: platformCommands,
});
// What a pipe has not taken yet would be lost.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
process.exit(watched.exitCode ?? code);
