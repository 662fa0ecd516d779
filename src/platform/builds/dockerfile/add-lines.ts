/**
 * ADD lines of a Dockerfile whose files are fetched before the build, within the rules of builds, and copied by it
 * (adr/0159). What must stay true: no ADD reaches the engine with an address, nor with a variable that could become one.
 * Pure.
 */

import { addWords, expandWord, readAddWord, type AddWords } from "../../../lib/dockerfile/add-words.ts";
import {
  afterName,
  DockerfileProblem,
  optionsOf,
  type Instruction,
} from "../../../lib/dockerfile/instructions.ts";
import { platformValues, type Stage, type Values } from "./from-lines.ts";

const urlsMax = 100;

export interface AddedFile {
  readonly url: string;
  /** Line of the file. */
  readonly number: number;
  /** As `sha256:HEX`. */
  readonly checksum: string | undefined;
  /** In the image that the build copies it from. */
  readonly path: string;
}

export interface AddLine {
  readonly urls: readonly AddedFile[];
  /** Lines that take its place. `image`: that holds the fetched files. */
  readonly lines: (image: string) => readonly string[];
}

export interface AddInput {
  readonly instructions: readonly Instruction[];
  readonly stages: readonly Stage[];
  readonly args: Values;
  /** Variables of the images that stages stand on, by the images' names. */
  readonly env: ReadonlyMap<string, Values>;
}

type Known = Map<string, string | undefined>;

/** By the index of the instruction: those that must not stay as they are. Throws a DockerfileProblem. */
export function readAdds({ instructions, stages, args, env }: AddInput): ReadonlyMap<number, AddLine> {
  const found = new Map<number, AddLine>();
  const header: Known = new Map(Object.entries(platformValues()));
  const finals = new Map<string, Known>();
  let stage: Stage | undefined;
  let scope: Known = header;
  let own: Known = new Map();
  for (const [index, { text, number }] of instructions.entries()) {
    const next = stages.find((each) => each.index === index);
    if (next !== undefined) {
      if (stage !== undefined) finals.set(stage.name, own);
      stage = next;
      const before = next.isStage ? finals.get(next.from) : Object.entries(env.get(next.from) ?? {});
      own = new Map(before);
      scope = new Map(own);
    }
    const arg = afterName(text, "ARG");
    if (arg !== undefined) declare({ text: arg.rest, args, header, own, scope });
    const set = afterName(text, "ENV");
    if (set !== undefined)
      for (const [name, value] of assignments(set.rest, scope)) {
        own.set(name, value);
        scope.set(name, value);
      }
    const add = readAdd(text, number, scope);
    if (add !== undefined) found.set(index, add);
  }
  if ([...found.values()].flatMap(({ urls }) => urls).length > urlsMax)
    throw new DockerfileProblem(`its ADD lines name more than ${urlsMax} addresses`);
  return found;
}

interface Declaring {
  readonly text: string;
  readonly args: Values;
  readonly header: Known;
  /** What ENV has set, which goes before arguments. */
  readonly own: Known;
  readonly scope: Known;
}

function declare({ text, args, header, own, scope }: Declaring): void {
  for (const word of wordsOf(text)) {
    const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || own.has(name)) continue;
    const given = args[name] ?? (value === undefined ? header.get(name) : expandWord(value, scope));
    const isGiven = Object.hasOwn(args, name) || value !== undefined || header.has(name);
    if (isGiven) scope.set(name, given);
  }
}

/** Of an ENV line. */
function assignments(text: string, scope: Known): (readonly [string, string | undefined])[] {
  const words = wordsOf(text);
  if (words[0]?.includes("=") !== true) {
    const [, name = "", value = ""] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
    return [[name, expandWord(value, scope)]];
  }
  return words.map((word) => {
    const at = word.indexOf("=");
    return [word.slice(0, at), expandWord(word.slice(at + 1), scope)] as const;
  });
}

function wordsOf(text: string): readonly string[] {
  return text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+/gs) ?? [];
}

/** Undefined for an instruction that may stay as it is. */
function readAdd(text: string, number: number, scope: Known): AddLine | undefined {
  const line = `line ${number}`;
  const trigger = afterName(text, "ONBUILD[\\t\\v\\f\\r ]+ADD");
  if (trigger !== undefined) {
    const words = addWords(optionsOf(trigger.rest, number).rest);
    if (words?.sources.every((word) => readAddWord(word, new Map()).kind === "file") !== true)
      throw new DockerfileProblem(
        `${line}: ONBUILD ADD must name files as they are: what it would fetch in other builds cannot be checked here`,
      );
    return undefined;
  }
  const add = afterName(text, "ADD");
  if (add === undefined) return undefined;
  const { flags, rest } = optionsOf(add.rest, number);
  const words = addWords(rest);
  if (words === undefined)
    throw new DockerfileProblem(
      `${line}: ${text.slice(0, 100)} is neither ADD SOURCE... DESTINATION nor ADD ["SOURCE", "DESTINATION"]`,
    );
  return addLine({ ...words, flags, number, scope });
}

interface Add extends AddWords {
  readonly flags: readonly string[];
  readonly number: number;
  readonly scope: Known;
}

function addLine({ sources, destination, flags, number, scope }: Add): AddLine | undefined {
  const line = `line ${number}`;
  const read = sources.map((word) => ({ word, ...readAddWord(word, scope) }));
  for (const { kind, text } of read) {
    if (kind === "unknown")
      throw new DockerfileProblem(
        `${line}: ADD ${text}: what it stands for is not known before the build. Give its variables values by ARG, ENV or a build argument, without quotes and backslashes; or, for a file of the source, write COPY`,
      );
    if (kind === "repository")
      throw new DockerfileProblem(
        `${line}: ADD ${text} is a git repository: clone it in a step (RUN git clone), or make it a submodule`,
      );
  }
  const urls = read.filter(({ kind }) => kind === "url");
  const files = read.filter(({ kind }) => kind === "file");
  if (urls.length === 0 && files.every(({ word, text }) => word === text)) return undefined;
  const checksum = flags.find((flag) => flag.startsWith("--checksum="))?.slice("--checksum=".length);
  if (checksum !== undefined && (!/^sha256:[0-9a-f]{64}$/.test(checksum) || urls.length !== 1))
    throw new DockerfileProblem(
      `${line}: --checksum is ${JSON.stringify(checksum)}: it must be sha256: and 64 hex digits, for one address`,
    );
  if (urls.length > 0 && flags.some((flag) => flag.startsWith("--from")))
    throw new DockerfileProblem(`${line}: ADD of an address takes no --from`);
  if (sources.length > 1 && !destination.endsWith("/"))
    throw new DockerfileProblem(
      `${line}: ADD of several sources needs a directory as its destination, which ends with /: ${destination}/`,
    );
  const added = urls.map(({ text }, index) => ({
    url: text,
    number,
    checksum,
    path: `/${number}-${index}/${nameOf(text, destination, line)}`,
  }));
  const kept = flags.filter((flag) => !flag.startsWith("--checksum=")).map(escapedFlag);
  const written = (start: string, names: readonly string[]): string =>
    [start, ...kept, JSON.stringify([...names, destination])].join(" ");
  return {
    urls: added,
    lines: (image) => [
      ...(files.length === 0
        ? []
        : [
            written(
              "ADD",
              files.map(({ text }) => text),
            ),
          ]),
      ...added.map(({ path }) => written(`COPY --from=${image}`, [path])),
    ],
  };
}

/** That the file has in a directory. */
function nameOf(url: string, destination: string, line: string): string {
  if (!URL.canParse(url)) throw new DockerfileProblem(`${line}: ADD ${url} is no address`);
  const name = new URL(url).pathname.split("/").at(-1) ?? "";
  if (/^[\w+~%@=,:-][\w.+~%@=,:-]*$/.test(name)) return name;
  if (/(^|\/)\.{0,2}$/.test(destination))
    throw new DockerfileProblem(
      `${line}: ADD ${url} has no name that a file can have: write it into the destination, ${destination}${destination.endsWith("/") ? "" : "/"}NAME`,
    );
  return "file";
}

/** So that the engine takes off what is put on here, and no more. */
function escapedFlag(flag: string): string {
  return flag.replaceAll(/[\s'"\\]/g, String.raw`\$&`);
}
