/** Help text, from the same data that the parser reads. */

import type { Command, CommandGroup, CommandSpec, Option } from "./command.ts";
import { envName } from "./parse.ts";

export const globalOptions: readonly Option[] = [
  { name: "help", short: "h", type: "boolean", description: "Show this help.", env: "NAGI_HELP" },
  {
    name: "namespace",
    short: "n",
    type: "string",
    value: "NAME",
    description:
      "Namespace of the objects (default: of the git remote that names the app, else of the kubeconfig context, else default).",
  },
  {
    name: "kubeconfig",
    type: "string",
    value: "FILE",
    description: "Which cluster to talk to (default: the platform of the data directory).",
  },
  { name: "context", type: "string", value: "NAME", description: "Context of the kubeconfig." },
  {
    name: "data-dir",
    type: "string",
    value: "DIR",
    env: "NAGI_HOME",
    description:
      "Where Nagi keeps everything (default: /var/lib/nagi for root, else below the XDG data home).",
  },
];

const groups: readonly CommandGroup[] = ["Apps", "Deploying", "Processes", "Objects", "Platform", "Other"];

export function overviewText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 3;
  const sections = groups.flatMap((group) => {
    const members = commands.filter((command) => command.group === group);
    if (members.length === 0) return [];
    const lines = members.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
    return [`${group}:\n${lines.join("\n")}`];
  });
  return [
    "Nagi: a platform as a service that you own.",
    "Usage: nagi COMMAND [ARGUMENTS] [OPTIONS]",
    ...sections,
    "Heroku's colon forms work too: nagi config:set A=1, nagi ps:scale web=3.\nMore: nagi COMMAND --help",
  ].join("\n\n");
}

export function commandText(spec: CommandSpec): string {
  const parts = [spec.summary, `Usage: nagi ${spec.name} ${spec.usage ?? ""}`.trimEnd()];
  if (spec.description !== undefined) parts.push(spec.description);
  if (spec.options !== undefined && spec.options.length > 0)
    parts.push(`Options:\n${optionLines(spec.options)}`);
  parts.push(`Options of every command:\n${optionLines(globalOptions)}`);
  if (spec.examples !== undefined)
    parts.push(`Examples:\n${spec.examples.map((example) => `  ${example}`).join("\n")}`);
  if (spec.aliases !== undefined && spec.aliases.length > 0) parts.push(`Also: ${spec.aliases.join(", ")}`);
  return parts.join("\n\n");
}

function optionLines(options: readonly Option[]): string {
  const names = options.map(optionName);
  const width = Math.min(30, Math.max(...names.map((name) => name.length)) + 2);
  return options
    .map((option, index) => {
      const name = names[index] ?? "";
      const lead = name.length >= width ? `  ${name}\n  ${" ".repeat(width)}` : `  ${name.padEnd(width)}`;
      return `${lead}${option.description}${optionNotes(option)}`;
    })
    .join("\n");
}

function optionName({ name, short, type, value }: Option): string {
  const lead = short === undefined ? "    " : `-${short}, `;
  return `${lead}--${name}${type === "boolean" ? "" : ` ${value ?? "VALUE"}`}`;
}

function optionNotes(option: Option): string {
  const notes = [
    option.choices === undefined ? undefined : `one of ${option.choices.join(", ")}`,
    option.default === undefined || option.default === false ? undefined : `default ${option.default}`,
    option.name === "help" ? undefined : `$${envName(option)}`,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? "" : ` [${notes.join("; ")}]`;
}
