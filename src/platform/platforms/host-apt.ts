/** The host's way to Debian's packages: its proxy, certificates and mirrors hold for base images too. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { filesStamp } from "../../lib/files-stamp.ts";
import { runProgram } from "./run-program.ts";

/** Settings that say how to fetch, not where to keep what is fetched. */
const fetching = /^Acquire::(https?|ftp|ForceIPv4|ForceIPv6|Retries)\b/i;

let known: { readonly stamp: string; readonly settings: string } | undefined;

/** The host's settings in apt's own syntax; "" when it has none. apt is asked anew when its files have changed. */
export async function hostAptSettings(
  env: Readonly<Record<string, string>>,
  directory = "/etc/apt",
): Promise<string> {
  const stamp = await filesStamp([join(directory, "apt.conf"), join(directory, "apt.conf.d")]);
  if (known?.stamp === stamp) return known.settings;
  const dump = await runProgram(["apt-config", "dump", "Acquire"], { env }).catch(() => "");
  const lines = dump.split("\n").filter((line) => fetching.test(line) && !line.trimEnd().endsWith('"";'));
  const settings = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  known = { stamp, settings };
  return settings;
}

/** The mirror that the host takes the suite's main packages from, when it is a Debian that knows the suite. */
export async function hostMirror(suite: string, directory = "/etc/apt"): Promise<string | undefined> {
  const texts: string[] = [];
  const listDirectory = join(directory, "sources.list.d");
  const names = await readdir(listDirectory).catch(() => []);
  for (const path of [
    join(directory, "sources.list"),
    ...names.toSorted((a, b) => a.localeCompare(b)).map((name) => join(listDirectory, name)),
  ]) {
    texts.push(await readFile(path, "utf8").catch(() => ""));
  }
  return mirrorIn(texts.join("\n\n"), suite);
}

/** Understands both of apt's formats: a line an entry, and paragraphs of fields. */
export function mirrorIn(text: string, suite: string): string | undefined {
  for (const paragraph of text.split(/\n\s*\n/)) {
    for (const line of paragraph.split("\n")) {
      const entry = /^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
      if (entry?.[2] === suite && entry[3]?.split(/\s+/).includes("main") && isMirror(entry[1]))
        return entry[1];
    }
    const uri = mirrorOfParagraph(paragraph, suite);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

function mirrorOfParagraph(paragraph: string, suite: string): string | undefined {
  const field = (name: string): string[] =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(paragraph)?.[1]?.trim().split(/\s+/) ?? [];
  if (!field("Types").includes("deb") || !field("Suites").includes(suite)) return undefined;
  return field("Components").includes("main") ? field("URIs").find(isMirror) : undefined;
}

/** Media and files of the host are not there for the base image. */
function isMirror(uri: string | undefined): boolean {
  return uri !== undefined && /^https?:\/\//.test(uri);
}
