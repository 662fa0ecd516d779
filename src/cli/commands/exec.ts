import { UsageError, type Command } from "../command.ts";
import { appOption } from "../app.ts";
import { podOf, podOptions } from "../pod-of-app.ts";
import { runOnTerminal, runSession } from "../session.ts";

export const command: Command = {
  name: "exec",
  group: "Processes",
  summary: "Run a command in a running container.",
  usage: "[--app NAME | --pod NAME] [--stdin] COMMAND [ARGUMENT ...]",
  description:
    "On a terminal the command gets one. Elsewhere its output is passed on, and with --stdin its input too.\n" +
    "Its exit code is Nagi's. nagi run starts a container of its own instead.",
  passThrough: true,
  options: [
    appOption,
    ...podOptions,
    { name: "stdin", short: "i", type: "boolean", description: "Pass standard input on to the command." },
    { name: "no-tty", short: "T", type: "boolean", description: "No terminal, also where there is one." },
  ],
  examples: ["nagi exec bash", "nagi exec --pod web-1 -- cat /etc/hosts", "nagi exec -i psql < dump.sql"],
  async run(context) {
    const { args, terminal } = context;
    if (args.length === 0) throw new UsageError("nagi exec needs a command", "For instance: nagi exec bash");
    const ref = await podOf(context);
    const container = context.text("container");
    const request = { subresource: "exec", command: args, container } as const;
    if (terminal.isInteractive && !context.flag("no-tty")) return await runOnTerminal(context, ref, request);
    return await runSession(context, ref, {
      ...request,
      input: context.flag("stdin") ? terminal.input() : undefined,
      output: (data) => terminal.write(data),
      errors: (data) => terminal.writeError(data),
    });
  },
};
