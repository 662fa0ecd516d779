/** FROM lines of a Dockerfile: which images they mean, as the engine would find out. Pure. */

import {
  afterName,
  DockerfileProblem,
  optionsOf,
  type Instruction,
} from "../../../lib/dockerfile/instructions.ts";

export interface Stage {
  /** In the list of the instructions. */
  readonly index: number;
  readonly number: number;
  /** As it is written, or made up where it has none. */
  readonly name: string;
  readonly flags: readonly string[];
  /** With its variables filled in; an earlier stage's exact name, or an image. */
  readonly from: string;
  readonly isStage: boolean;
  /** Of a literal --platform. */
  readonly platform: string | undefined;
}

export type Values = Readonly<Record<string, string>>;

/** Throws a DockerfileProblem. `args`: what the build gives for ARG lines. */
export function readStages(instructions: readonly Instruction[], args: Values): Stage[] {
  const stages: Stage[] = [];
  const values: Record<string, string> = { ...platformValues() };
  for (const [index, { text, number }] of instructions.entries()) {
    const arg = stages.length === 0 ? afterName(text, "ARG") : undefined;
    if (arg !== undefined) declare(arg.rest, args, values);
    const from = afterName(text, "FROM");
    if (from !== undefined) stages.push(stageOf({ index, number, text: from.rest }, stages, values));
  }
  return stages;
}

interface From {
  readonly index: number;
  readonly number: number;
  readonly text: string;
}

function stageOf({ index, number, text }: From, stages: readonly Stage[], values: Values): Stage {
  const { flags, rest } = optionsOf(text, number);
  const [image = "", as, name, ...more] = rest.split(/[\t\v\f\r ]+/).filter((word) => word !== "");
  const isNamed = as?.toLowerCase() === "as" && name !== undefined;
  if (image === "" || more.length > 0 || (as !== undefined && !isNamed))
    throw new DockerfileProblem(`line ${number}: ${shown(text)} is not FROM IMAGE or FROM IMAGE AS NAME`);
  if (name !== undefined && !/^[\w.-]+$/.test(name))
    throw new DockerfileProblem(
      `line ${number}: the stage's name ${shown(name)} must be of letters, digits, -, _ and .`,
    );
  const found = filledIn(image, values);
  if (found === "")
    throw new DockerfileProblem(
      `line ${number}: FROM ${image} names no image: no ARG before the first FROM, and no build argument, has a value for it`,
    );
  const stage = stages.findLast((each) => each.name.toLowerCase() === found.toLowerCase());
  const platform = flags.find((flag) => flag.startsWith("--platform="))?.slice("--platform=".length);
  return {
    index,
    number,
    name: name ?? `nagi-stage-${stages.length}`,
    flags,
    from: stage?.name ?? found,
    isStage: stage !== undefined,
    platform: platform === undefined ? undefined : filledIn(platform, values),
  };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function declare(text: string, args: Values, values: Record<string, string>): void {
  for (const word of text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []) {
    const [, name, value] = /^(\w+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) continue;
    const given = args[name] ?? (value === undefined ? undefined : filledIn(value, values));
    if (given !== undefined) values[name] = given;
  }
}

/** `$NAME`, `${NAME}`, `${NAME:-else}`, `${NAME:+then}`; without quotes. */
function filledIn(word: string, values: Values): string {
  const pattern = /'([^']*)'|"|\\(.)|\$(\w+)|\$\{(\w+)(?::?([-+])([^}]*))?\}/g;
  let result = "";
  let at = 0;
  for (const found of word.matchAll(pattern)) {
    const [whole, quoted = "", plain = "", bare = "", braced = "", operator, other = ""] = found;
    const value = values[bare === "" ? braced : bare] ?? "";
    const instead = operator === "-" ? value === "" : operator === "+" && value !== "";
    result += word.slice(at, found.index) + quoted + plain;
    if (instead) result += filledIn(other, values);
    else if (operator !== "+") result += value;
    at = found.index + whole.length;
  }
  return result + word.slice(at);
}

/** Those that engines know without an ARG. */
export function platformValues(): Values {
  const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
  const arch = architectures[process.arch] ?? process.arch;
  const of = (kind: string): Values => ({
    [`${kind}PLATFORM`]: `linux/${arch}`,
    [`${kind}OS`]: "linux",
    [`${kind}ARCH`]: arch,
  });
  return { ...of("TARGET"), ...of("BUILD") };
}
