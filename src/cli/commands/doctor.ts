import { appOption, getApp } from "../app.ts";
import type { Command, CommandContext } from "../command.ts";
import type { Finding, Severity } from "../doctor/evidence.ts";
import { outputOption } from "../manifests.ts";
import { paint } from "../terminal.ts";
import { wrap } from "../wrapped-table.ts";

export const command: Command = {
  name: "doctor",
  group: "Processes",
  summary: "Say what is wrong with an app, the likeliest cause first, with the evidence and what to do.",
  usage: "[APP]",
  description:
    "Looks at the app's builds, releases, pods, routes and nodes, at the last lines of what crashed, at the ports that it\n" +
    "listens on and at its requests of the last 15 minutes, and asks its address once. The exit code is 1 when the app\n" +
    "does not serve as it should.",
  options: [appOption, outputOption(["json"])],
  examples: ["nagi doctor shop", "nagi doctor shop -o json"],
  async run(context) {
    const [{ gather }, { diagnose }] = await Promise.all([
      import("../doctor/gather.ts"),
      import("../doctor/diagnose.ts"),
    ]);
    const app = await getApp(context, context.args[0]);
    const { name = "" } = app.metadata;
    if (context.terminal.isTty) context.terminal.progress(`Looking at ${name}`);
    const evidence = await gather(context, app);
    context.terminal.progressDone();
    const findings = diagnose(evidence).map((finding) => ({
      ...finding,
      next: finding.next.map((line) => context.hint(line)),
    }));
    if (context.text("output") === undefined) print(context, name, findings);
    else context.terminal.print(JSON.stringify({ app: name, findings }, null, 2));
    return findings.some(({ severity }) => severity === "error") ? 1 : 0;
  },
};

const colours = { error: "red", warning: "yellow", note: "cyan" } as const satisfies Record<Severity, string>;

function print({ terminal }: CommandContext, name: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return terminal.print(`${name} is well: nothing was found that is wrong.`);
  findings.forEach(({ severity, text, evidence, next }, index) => {
    if (index > 0) terminal.print();
    const [first = "", ...more] = wrap(`${severity}: ${name}: ${text}.`, terminal.columns);
    terminal.print([paint(terminal, colours[severity], first), ...more].join("\n"));
    for (const line of evidence) terminal.print(`  ${line}`);
    if (next.length > 0) terminal.print("  What to do:");
    for (const line of next)
      terminal.print(line.startsWith("nagi ") || line.startsWith("git ") ? `    $ ${line}` : `    ${line}`);
  });
}
