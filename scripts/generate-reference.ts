/** The reference of commands and kinds, from the data that the program itself reads. */

import { catalogue } from "../src/cli/catalogue.ts";
import type { Command, Option } from "../src/cli/command.ts";
import { globalOptions } from "../src/cli/help.ts";
import { envName } from "../src/cli/parse.ts";
import { platformCommands } from "../src/main/platform-commands.ts";
import { apiVersionOf, type Kind } from "../src/model/kind.ts";
import { allKinds } from "../src/model/registry.ts";

/** Text of docs/reference/commands.md. */
export async function commandsReference(): Promise<string> {
  const entries = [...platformCommands, ...catalogue];
  const modules = await Promise.all(
    entries.map(async ({ load, aliases }) => ({ ...(await load()).command, aliases })),
  );
  const sections = modules.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(commandSection);
  return [
    "# Commands",
    "Written by `npm run generate` from the commands themselves.",
    "Every flag has an environment variable, named beside it. Heroku's colon forms work too: `nagi config:set A=1`.",
    `Options of every command:\n\n${optionTable(globalOptions)}`,
    ...sections,
    "",
  ].join("\n\n");
}

function commandSection(command: Command): string {
  const parts = [
    `## nagi ${command.name}`,
    command.summary,
    `    nagi ${command.name} ${command.usage ?? ""}`.trimEnd(),
  ];
  if (command.description !== undefined) parts.push(command.description);
  if (command.options !== undefined && command.options.length > 0) parts.push(optionTable(command.options));
  if (command.examples !== undefined)
    parts.push(`Examples:\n\n${command.examples.map((example) => `    ${example}`).join("\n")}`);
  if (command.aliases !== undefined && command.aliases.length > 0)
    parts.push(`Also: ${command.aliases.map((alias) => `\`nagi ${alias}\``).join(", ")}.`);
  return parts.join("\n\n");
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map((option) => {
    const short = option.short === undefined ? "" : `-${option.short}, `;
    const value = option.type === "boolean" ? "" : ` ${option.value ?? "VALUE"}`;
    const choices = option.choices === undefined ? "" : ` One of ${option.choices.join(", ")}.`;
    return `| \`${short}--${option.name}${value}\` | ${option.description}${choices} | \`${envName(option)}\` |`;
  });
  return ["| option | meaning | variable |", "|---|---|---|", ...rows].join("\n").replaceAll("||", "| |");
}

/** Text of docs/reference/kinds.md. */
export function kindsReference(): string {
  const rows = allKinds
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    .map((kind) => {
      const names = [kind.plural, ...kind.shortNames].map((name) => `\`${name}\``).join(", ");
      const scope = kind.namespaced ? "namespace" : "cluster";
      return `| ${kind.kind} | \`${apiVersionOf(kind)}\` | ${names} | ${scope} | ${kind.description} |`;
    });
  return [
    "# Kinds",
    "Written by `npm run generate` from the kinds themselves. All fields of one: `kubectl explain KIND --recursive`.",
    ["| kind | API version | names | scope | what it is |", "|---|---|---|---|---|", ...rows].join("\n"),
    "",
  ].join("\n\n");
}

function key(kind: Kind): string {
  return `${kind.group}/${kind.kind}`;
}
