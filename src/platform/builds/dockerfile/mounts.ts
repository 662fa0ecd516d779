/**
 * What a step of a Dockerfile may mount (adr/0150, adr/0153). Podman 4 joins the id of a cache and the source of a bind
 * to a path of the host as they are, `../..` and symbolic links included. So a cache has an id that the app's author did
 * not choose, and a bind is of a whole stage, image or source, or of a stage that holds a copy and nothing else. Pure.
 */

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { DockerfileProblem } from "../../../lib/dockerfile/instructions.ts";

export interface MountRules {
  /** The app's caches have ids that begin with this. */
  readonly cacheId: string;
  /** What the source is: a step that reads it is not taken from the cache of another one. */
  readonly sourceId?: string | undefined;
  /** The exact name of a stage, or the image, that `from` names. */
  readonly placeOf: (from: string) => string;
  /** Name of a new stage with a copy at `copyPath`; undefined where there can be none, as in a trigger. */
  readonly copied: ((from: string | undefined, path: string) => string) | undefined;
}

/** Where a stage holds what was copied into it. */
export const copyPath = "/content";

const idLength = 16;
const targetNames = ["target", "dst", "destination"];
const sourceNames = ["source", "src"];
const writing = ["rw", "readwrite", "ro", "readonly"];
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  bind: new Set(["type", "from", ...sourceNames, ...targetNames, ...writing, "z", "Z"]),
  cache: new Set([
    "type",
    "id",
    "from",
    "sharing",
    "mode",
    "uid",
    "gid",
    ...sourceNames,
    ...targetNames,
    ...writing,
    "z",
    "Z",
  ]),
};

/** `value`: what stands after `--mount=`. Throws a DockerfileProblem. */
export function safeMount(value: string, number: number, rules: MountRules): string {
  // The engine would take them off a second time.
  if (/['"\\]/.test(value)) throw problem(number, `have quotes or backslashes within --mount=${value}`);
  const options = value.split(",");
  const type = lastOf(options, ["type"]) ?? (value.includes("$") ? undefined : "bind");
  if (type === undefined || type.includes("$"))
    throw problem(
      number,
      `leave the type of --mount=${value} to a variable: write type=cache, or what it is`,
    );
  const allowed = known[type];
  // The last of several types is the one that counts: what variables bring stands before it.
  if (allowed === undefined) return [...without(options, ["type"]), `type=${type}`].join(",");
  const kept = type === "cache" ? without(options, ["id"]) : options;
  for (const option of kept) {
    const name = option.split("=")[0] ?? "";
    // What a variable holds may be a comma and further options.
    if (option.includes("$"))
      throw problem(number, `leave ${name} of --mount=${value} to a variable: write it as it is`);
    if (!allowed.has(name))
      throw problem(
        number,
        `have ${name} in --mount=${value}: a ${type} has ${[...allowed].slice(0, -2).join(", ")}`,
      );
  }
  return type === "cache" ? cache(options, number, rules) : bind(options, number, rules);
}

function cache(options: readonly string[], number: number, rules: MountRules): string {
  const name = lastOf(options, ["id"]) ?? lastOf(options, targetNames) ?? "";
  const digest = createHash("sha256").update(name).digest("hex").slice(0, idLength);
  const from = lastOf(options, ["from"]);
  const kept = without(options, ["type", "id", "from", ...sourceNames]);
  const filled = from === undefined ? [] : sourceOf(options, number, rules);
  return [...kept, ...filled, "type=cache", `id=${rules.cacheId}.${digest}`].join(",");
}

function bind(options: readonly string[], number: number, rules: MountRules): string {
  const kept = without(options, ["type", "from", ...sourceNames]);
  // Podman 4 tells steps apart by their text, not by what they mount. Of several targets the last one counts.
  const told = rules.sourceId === undefined ? [] : [`target=/nagi-source-${rules.sourceId}`];
  return [...told, ...kept, ...sourceOf(options, number, rules), "type=bind"].join(",");
}

/** From where, without a path that the engine would follow links on. */
function sourceOf(options: readonly string[], number: number, rules: MountRules): string[] {
  const from = lastOf(options, ["from"]);
  const path = posix.join("/", lastOf(options, sourceNames) ?? "/").replace(/(.)\/$/, "$1");
  const place = from === undefined ? undefined : rules.placeOf(from);
  if (path === "/") return place === undefined ? [] : [`from=${place}`];
  if (!/^[\w@%+=:./ ~-]+$/.test(path))
    throw problem(number, `mount ${path}: a source has letters, digits and ._-@%+=:~ in its name`);
  if (rules.copied === undefined)
    throw problem(number, `mount ${path} in an ONBUILD trigger: mount the whole of the source, or copy it`);
  return [`from=${rules.copied(place, path)}`, `source=${copyPath}`];
}

function without(options: readonly string[], names: readonly string[]): string[] {
  return options.filter((option) => !names.includes(option.split("=")[0] ?? ""));
}

function lastOf(options: readonly string[], names: readonly string[]): string | undefined {
  const found = options.findLast(
    (option) => option.includes("=") && names.includes(option.split("=")[0] ?? ""),
  );
  return found?.slice(found.indexOf("=") + 1);
}

function problem(number: number, what: string): DockerfileProblem {
  const why =
    "Nagi keeps what steps mount apart from the host and from other apps, for which it must understand the mounts of a step";
  return new DockerfileProblem(`line ${number}: RUN must not ${what}. ${why}`);
}
