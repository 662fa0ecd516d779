/**
 * ONBUILD triggers of an image: instructions that run in every build that stands on it. What must stay true: no
 * trigger that an engine would run is overlooked, however an image's configuration is written (adr/0153).
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerEngine } from "../container-engine/container-engine.ts";
import type { ImageDetails } from "../container-engine/engine-types.ts";
import { addWords, readAddWord } from "./add-words.ts";
import {
  afterName,
  DockerfileProblem,
  optionsOf,
  readInstructions,
  type Instruction,
} from "./instructions.ts";

/** Undefined where it cannot be known: Podman 4 does not tell, and its files are not on this machine. */
export async function triggersOf(
  engine: ContainerEngine,
  { Id, Config }: Pick<ImageDetails, "Id" | "Config">,
): Promise<readonly string[] | undefined> {
  const told = Config.OnBuild ?? [];
  if (told.length > 0 || !(await engine.isPodman())) return told;
  const { root, driver } = await engine.storage();
  const id = Id.replace(/^sha256:/, "");
  const name = `=${Buffer.from(`sha256:${id}`).toString("base64")}`;
  const config = await readFile(join(root, `${driver}-images`, id, name)).catch(() => undefined);
  // An image's id is the digest of its configuration.
  if (config === undefined || createHash("sha256").update(config).digest("hex") !== id) return undefined;
  return triggersIn(config.toString("utf8"));
}

/**
 * All that is in any list called OnBuild. Names count in whatever case and however often they are there, since
 * readers of JSON differ in which of them they take. Pure.
 */
export function triggersIn(config: string): string[] {
  const triggers: string[] = [];
  let inside = false;
  for (const [token, isName] of tokensOf(config)) {
    if (inside && token === "]") inside = false;
    else if (inside && token.startsWith('"')) triggers.push(JSON.parse(token) as string);
    else if (isName) inside = (JSON.parse(token) as string).toLowerCase() === "onbuild";
    else if (token === "null") inside = false;
  }
  return triggers;
}

/** Texts, brackets and nulls; whether a text is the name of a field. */
function tokensOf(json: string): (readonly [token: string, isName: boolean])[] {
  const tokens = json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|\]|null/gs);
  return [...tokens].map(([whole, text, colon]) => [text ?? whole, colon !== undefined]);
}

/**
 * The first trigger that mounts something, takes files of an image or from an address, or that cannot be understood;
 * undefined where none does. Pure.
 */
export function mountingTrigger(triggers: readonly string[]): string | undefined {
  // So the engine reads them: as one text.
  const text = triggers.join("\n");
  if (text === "") return undefined;
  try {
    return readInstructions(text).find(isMounting)?.text;
  } catch (error) {
    if (error instanceof DockerfileProblem) return text.split("\n")[0];
    throw error;
  }
}

function isMounting({ text, number }: Instruction): boolean {
  const run = afterName(text, "RUN");
  if (run !== undefined) return optionsOf(run.rest, number).flags.length > 0;
  const copy = afterName(text, "(?:COPY|ADD)");
  if (copy === undefined) return false;
  const { flags, rest } = optionsOf(copy.rest, number);
  if (flags.some((flag) => !/^--(chown|chmod)=/.test(flag))) return true;
  if (!/^ADD$/i.test(copy.start)) return false;
  return addWords(rest)?.sources.every((word) => readAddWord(word, new Map()).kind === "file") !== true;
}
