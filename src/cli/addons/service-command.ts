/** A command of one service: `nagi pg psql` is `nagi addons shell` of the app's PostgreSQL add-on. */

import { appOption } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { listOptions } from "../listing.ts";
import { backupOptions, backups } from "./backups.ts";
import { addonOfService, serviceOf } from "./find-addon.ts";
import { dump, openShell, restore, runAction, serverInfo, type ServerTarget } from "./server-commands.ts";

export interface ServiceCommand {
  /** Of the command, such as pg. */
  readonly name: string;
  readonly service: string;
  readonly title: string;
  /** What its users call its shell, such as psql. */
  readonly shell: string;
  /** Of its recipe. */
  readonly actions: readonly string[];
}

export function serviceCommand({ name, service, title, shell, actions }: ServiceCommand): Command {
  const words = [shell, "shell", "dump", "restore", "backups", "info", ...actions];
  return {
    name,
    group: "Apps",
    summary: `The ${title} of an app: ${words.filter((word) => word !== "shell").join(", ")}.`,
    usage:
      `${shell} [ARGUMENT ...] | dump [FILE] | restore FILE | info${actions.map((each) => ` | ${each}`).join("")} |\n` +
      "       backups [list | create | schedule SCHEDULE | unschedule | info | restore | download | verify [BACKUP] | delete BACKUP]",
    description:
      `It means the app's ${title} add-on, or the one of --addon. ${shell} on a terminal is interactive, and reads standard\n` +
      "input elsewhere. Arguments that begin with a dash stand after --. Backups are kept by the platform; without a name the\n" +
      "newest complete one is meant.",
    subcommands: words,
    options: [
      appOption,
      {
        name: "addon",
        type: "string",
        value: "NAME",
        description: "The add-on (default: the app's only one).",
      },
      {
        name: "confirm",
        type: "string",
        value: "NAME",
        description:
          "With restore and backups restore: the add-on's name, with backups delete the backup's, as a guard.",
      },
      ...backupOptions,
      ...listOptions,
      { name: "no-wait", type: "boolean", description: "Of backups: do not wait until it is done." },
    ],
    examples: [
      `nagi ${name} ${shell} --app shop`,
      `nagi ${name} dump --app shop before.dump`,
      `nagi ${name} backups create --app shop`,
      `nagi ${name} info`,
    ],
    async run(context) {
      const [word, ...rest] = context.args;
      if (word === undefined || !words.includes(word))
        throw new UsageError(
          word === undefined
            ? `nagi ${name} needs an action`
            : `nagi ${name} has no action ${JSON.stringify(word)}`,
          `The actions: ${words.join(", ")}`,
        );
      const addon = await addonOfService(context, service, context.text("addon"));
      const found = { addon, service: await serviceOf(context, addon) };
      if (word === "backups") return await backups(context, rest, addon.metadata.name);
      if (word === shell || word === "shell") return await openShell(context, found, rest);
      return await act(context, found, context.args);
    },
  };
}

async function act(
  context: CommandContext,
  target: ServerTarget,
  words: readonly string[],
): Promise<number | void> {
  const [word, file] = words;
  switch (word) {
    case "dump":
      return await dump(context, target, file);
    case "restore":
      return await restore(context, target, file);
    case "info":
      return context.terminal.print(
        columns([["Add-on:", target.addon.metadata.name ?? ""], ...(await serverInfo(context, target))]),
      );
    default:
      return await runAction(context, target, words);
  }
}
