/**
 * A user's Dockerfile as it is given to the engine: images that were looked at by their ids, mounts that stay within
 * the build (mounts.ts), nothing after the stage that is built. Pure.
 *
 * What must stay true: whatever the text says and whatever variables turn out to be, no step mounts a directory of the
 * host, no image is built upon or copied from whose name was not among those of `imagesOf` (adr/0153), and the engine
 * fetches no address (adr/0159).
 */

import {
  afterName,
  DockerfileProblem,
  escapeOf,
  optionsOf,
  readInstructions,
  type Instruction,
  type ReadOptions,
} from "../../../lib/dockerfile/instructions.ts";
import { readAdds, type AddedFile, type AddLine } from "./add-lines.ts";
import { readStages, type Stage, type Values } from "./from-lines.ts";
import { copyPath, safeMount, type MountRules } from "./mounts.ts";

export interface DockerfileInput extends ReadOptions {
  readonly text: string;
  /** Values of build arguments. */
  readonly args: Values;
  /** Name or number of the stage that is built; absent: the last. */
  readonly target?: string | undefined;
}

export interface NamedImage {
  readonly image: string;
  /** Line of the file. */
  readonly number: number;
  readonly platform?: string | undefined;
  /** Whether a stage stands on it, or takes files from it only. */
  readonly isBase: boolean;
}

/** The images that it builds upon or takes files from. Throws a DockerfileProblem. */
export function imagesOf(input: DockerfileInput): NamedImage[] {
  const { instructions, stages } = read(input);
  const bases = stages.flatMap(({ isStage, from: image, number, platform }) =>
    isStage || image === "scratch" ? [] : [{ image, number, platform, isBase: true }],
  );
  const copied: NamedImage[] = [];
  const note = (number: number) => (image: string) => {
    copied.push({ image, number, isBase: false });
    return image;
  };
  for (const [index, instruction] of instructions.entries()) {
    const before = stages.filter((stage) => stage.index < index);
    const places = { stages: before, image: note(instruction.number) };
    safeInstruction(instruction, { cacheId: "", placeOf: placeIn(places), copied: () => "" });
  }
  return [...bases, ...copied];
}

/** What its ADD lines take from addresses. `env`: as SafeInput has it. Throws a DockerfileProblem. */
export function addedFilesOf({ env, ...input }: DockerfileInput & Pick<SafeInput, "env">): AddedFile[] {
  const { instructions, stages } = read(input);
  return [...readAdds({ instructions, stages, args: input.args, env }).values()].flatMap(({ urls }) => urls);
}

export interface SafeInput extends DockerfileInput {
  readonly cacheId: string;
  readonly sourceId?: string | undefined;
  /** Ids by the names of images that stages stand on. */
  readonly ids: ReadonlyMap<string, string>;
  /** Variables of the images that stages stand on, by the images' names. */
  readonly env: ReadonlyMap<string, Values>;
  /** Image that holds what ADD lines take from addresses; needed where one does. */
  readonly added?: string | undefined;
}

export interface SafeDockerfile {
  readonly text: string;
  /** The FROM lines that the author wrote, by those that replace them: for the log. */
  readonly written: ReadonlyMap<string, string>;
}

/** Throws a DockerfileProblem. */
export function safeDockerfile(input: SafeInput): SafeDockerfile {
  const { instructions, stages } = read(input);
  const adds = readAdds({ instructions, stages, args: input.args, env: input.env });
  const written = new Map<string, string>();
  const done: string[] = [];
  let current: string[] = [];
  let copies = 0;
  for (const [index, instruction] of instructions.entries()) {
    const stage = stages.find((each) => each.index === index);
    if (stage !== undefined) {
      done.push(...current);
      const line = fromLine(stage, input.ids);
      const own = instruction.text.replaceAll(/\s+/g, " ").trim();
      // Podman tells it without its options.
      for (const told of [line, fromLine({ ...stage, flags: [] }, input.ids)]) written.set(told, own);
      current = [line];
      continue;
    }
    const add = adds.get(index);
    if (add !== undefined) {
      const lines = add.lines(imageOfAdded(input, add));
      for (const line of lines) written.set(line, instruction.text.replaceAll(/\s+/g, " ").trim());
      current.push(...lines);
      continue;
    }
    const before = stages.filter((each) => each.index < index);
    const rules: MountRules = {
      cacheId: input.cacheId,
      sourceId: input.sourceId,
      placeOf: placeIn({ stages: before, image: (name) => name }),
      copied: (from, path) => {
        const name = `nagi-mount-${++copies}`;
        const place = from === undefined ? "" : `--from=${from} `;
        const files = JSON.stringify([from === undefined ? path.slice(1) : path, copyPath]);
        // Before the stage that mounts it.
        done.push(`FROM scratch AS ${name}`, `COPY ${place}${files}`);
        return name;
      },
    };
    const changed = safeInstruction(instruction, rules);
    current.push(...(changed === undefined ? instruction.lines : [changed]));
  }
  return { text: [...done, ...current].join("\n"), written };
}

function imageOfAdded({ added }: SafeInput, { urls }: AddLine): string {
  if (added !== undefined || urls.length === 0) return added ?? "";
  throw new DockerfileProblem(`line ${urls[0]?.number}: what ADD takes was not fetched`);
}

interface Read {
  readonly instructions: readonly Instruction[];
  readonly stages: readonly Stage[];
}

function read({ text, args, target, heredocs }: DockerfileInput): Read {
  const all = readInstructions(text, { heredocs });
  const escape = escapeOf(text.replace(/^\uFEFF/, "").split("\n"));
  const stages = readStages(all, args);
  const wanted =
    target === undefined
      ? stages.length - 1
      : stages.findIndex((stage, index) => isCalled(stage, index, target));
  const end = stages[wanted + 1]?.index ?? all.length;
  const instructions = all.slice(0, end);
  for (const { text: line, number } of instructions)
    if (escape === "`" && afterName(line, "ONBUILD") !== undefined && /\\\s*$/.test(line))
      throw new DockerfileProblem(`line ${number}: an ONBUILD trigger must not end with a backslash`);
  return { instructions, stages: stages.filter(({ index }) => index < end) };
}

function isCalled({ name }: Stage, index: number, target: string): boolean {
  return name.toLowerCase() === target.toLowerCase() || String(index) === target;
}

function fromLine({ flags, from, isStage, name, number }: Stage, ids: ReadonlyMap<string, string>): string {
  const image = isStage || from === "scratch" ? from : ids.get(from);
  if (image === undefined)
    throw new DockerfileProblem(`line ${number}: FROM ${from}: the image is not known`);
  return ["FROM", ...flags.map(escaped), image, "AS", name].join(" ");
}

interface Places {
  readonly stages: readonly Stage[];
  /** Told of what is no stage. */
  readonly image: (name: string) => string;
}

/** Numbers of stages become names: stages may come in between. */
function placeIn({ stages, image }: Places): MountRules["placeOf"] {
  return (from) => {
    const found = stages.findLast((stage) => stage.name.toLowerCase() === from.toLowerCase());
    return (found ?? (/^\d+$/.test(from) ? stages[Number(from)] : undefined))?.name ?? image(from);
  };
}

const trigger = "(?:ONBUILD[\\t\\v\\f\\r ]+)?";

/** Undefined for one that may stay as it is. */
function safeInstruction({ text, number }: Instruction, rules: MountRules): string | undefined {
  const copy = afterName(text, `${trigger}(?:COPY|ADD)`);
  if (copy !== undefined) {
    const safe = (name: string, value: string | undefined): string | undefined =>
      name === "from" && value !== undefined ? `--from=${placeOfCopy(value, number, rules)}` : undefined;
    return withFlags(copy, number, safe);
  }
  const run = afterName(text, `${trigger}RUN`);
  if (run === undefined) return undefined;
  const given = /^ONBUILD/i.test(text) ? { ...rules, copied: undefined, sourceId: undefined } : rules;
  return withFlags(run, number, (name, value) =>
    name === "mount" && value !== undefined ? `--mount=${safeMount(value, number, given)}` : undefined,
  );
}

function placeOfCopy(from: string, number: number, { placeOf }: MountRules): string {
  if (/[$'"\\]/.test(from))
    throw new DockerfileProblem(
      `line ${number}: --from=${from} must be the name of a stage or of an image, without variables`,
    );
  return placeOf(from);
}

/** `safe` gives the option that takes the place of one; undefined for one that stays. */
function withFlags(
  { start, rest: text }: { readonly start: string; readonly rest: string },
  number: number,
  safe: (name: string, value: string | undefined) => string | undefined,
): string | undefined {
  const { flags, rest } = optionsOf(text, number);
  let isSame = true;
  const changed = flags.map((flag) => {
    const [, name, value] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(flag) ?? [];
    if (name === undefined)
      throw new DockerfileProblem(`line ${number}: ${flag} is no option: write its name as it is`);
    const other = safe(name, value) ?? flag;
    isSame &&= other === flag;
    return escaped(other);
  });
  if (isSame) return undefined;
  return `${start} ${changed.join(" ")} ${rest}`;
}

/** So that the engine takes off what is put on here, and no more. */
function escaped(flag: string): string {
  return flag.replaceAll(/[\s'"\\]/g, String.raw`\$&`);
}
