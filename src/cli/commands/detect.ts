import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError, type Command } from "../command.ts";
import { detectSource } from "../detect-source.ts";
import { columns } from "../format.ts";
import { languageOf, languageOption } from "../source-build.ts";

export const command: Command = {
  name: "detect",
  group: "Deploying",
  summary: "Say what a directory would be built as, and why.",
  usage: "[DIR]",
  description:
    "Looks at the files of DIR (default: this directory) as a build does, and changes nothing. What is found can be told\n" +
    "otherwise for an app: nagi source --language NAME.",
  options: [languageOption],
  examples: ["nagi detect", "nagi detect apps/web", "nagi detect --language static"],
  async run(context) {
    const [given = ".", more] = context.args;
    if (more !== undefined)
      throw new UsageError(`nagi detect takes one directory, not ${JSON.stringify(more)} too`);
    const root = resolve(context.host.cwd, given);
    if (!existsSync(root) || !statSync(root).isDirectory())
      throw new UsageError(`${root} is no directory`, "For instance: nagi detect apps/web");
    const language = languageOf(context.text("language") ?? "") ?? undefined;
    const found = await detectSource(context, root, language);
    const { terminal } = context;
    if (!found.ok) {
      terminal.note(`error: ${found.text}`);
      return 1;
    }
    terminal.print(found.text);
    for (const note of found.notes) terminal.print(`  ${note}`);
    const processes = Object.entries(found.processes);
    terminal.print(
      columns([
        ["Built on:", found.platforms.join(", runs on ") || "what its Dockerfile says"],
        ...processes.map(([type, text], index) => [index === 0 ? "Processes:" : "", `${type}: ${text}`]),
      ]),
    );
    return 0;
  },
};
