/** Which Node.js an app gets: what it asks for when it asks, else the platform's. */

import semver from "semver";
import type { SourceTree } from "../../source-tree.ts";

export interface NodeChoice {
  /** npm range to install in place of the platform's version; absent: the platform's own serves. */
  readonly install?: string | undefined;
  /** For the sentence that explains the build, for instance `Node.js 24 (engines ">=20")`. */
  readonly text: string;
}

export type NodeChoiceResult =
  | { readonly ok: true; readonly choice: NodeChoice }
  | { readonly ok: false; readonly message: string };

/** Code names of the LTS lines, as `.nvmrc` may name them. */
const ltsLines: Readonly<Record<string, number>> = { hydrogen: 18, iron: 20, jod: 22, krypton: 24 };

export function chooseNode(
  tree: SourceTree,
  enginesNode: string | undefined,
  platformVersion: string,
): NodeChoiceResult {
  const asked = askedRange(tree, enginesNode);
  if (asked === undefined) return { ok: true, choice: { text: `Node.js ${platformVersion}` } };
  const range = semver.validRange(asked.range);
  if (range === null) {
    const message = `${asked.where} asks for Node.js ${JSON.stringify(asked.given)}, which is not a version range: write for instance ">=${semver.coerce(platformVersion)?.major ?? 22}"`;
    return { ok: false, message };
  }
  const because = `${asked.where} ${JSON.stringify(asked.given)}`;
  if (platformVersion === "") return { ok: true, choice: { text: `Node.js (${because})` } };
  if (semver.satisfies(platformVersion, range)) {
    return { ok: true, choice: { text: `Node.js ${platformVersion} (${because})` } };
  }
  return { ok: true, choice: { install: asked.range, text: `Node.js ${asked.range} (${because})` } };
}

interface Asked {
  readonly range: string;
  readonly given: string;
  readonly where: string;
}

function askedRange(tree: SourceTree, enginesNode: string | undefined): Asked | undefined {
  if (enginesNode !== undefined && enginesNode.trim() !== "") {
    return { range: enginesNode.trim(), given: enginesNode, where: "engines" };
  }
  for (const where of [".nvmrc", ".node-version"]) {
    const given = tree.text(where)?.trim();
    if (given !== undefined && given !== "") return { range: nvmRange(given), given, where };
  }
  return undefined;
}

function nvmRange(given: string): string {
  if (given === "lts/*" || given === "node" || given === "stable") return "*";
  const line = ltsLines[given.replace(/^lts\//, "").toLowerCase()];
  return line === undefined ? given.replace(/^v/, "") : String(line);
}
