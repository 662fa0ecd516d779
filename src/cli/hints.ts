/** Commands in hints, as they mean what the command that gave the hint meant. */

import { catalogue } from "./catalogue.ts";

/** Of a command up to the next one: its name, and whether it names a namespace itself. */
const commands = /\bnagi ([a-z][a-z-]*)(?![\w:-]| --help)(?!(?:(?!\bnagi ).)*? (?:-n|--namespace)[ =])/g;
/** These are about no namespace. */
const without: ReadonlySet<string> = new Set(["login", "version"]);

/** Right behind the name: what comes later may belong to another program. */
export function inNamespace(line: string, namespace: string): string {
  return line.replaceAll(commands, (whole: string, name: string) =>
    without.has(name) || !catalogue.some((entry) => entry.name === name)
      ? whole
      : `${whole} --namespace ${namespace}`,
  );
}
