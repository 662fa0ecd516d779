/**
 * The certificates that the router shows, as HAProxy's files and as commands of its command line: which file for which
 * host. A file's name says what is in it, so that a file never changes and a change is another file. Pure.
 */

import { createHash } from "node:crypto";

export const certificateList = "certs.list";

export interface ShownCertificate {
  /** `*.example.com` for all names right below, `*` for those that the certificate itself says. */
  readonly host: string;
  /** Certificate, chain and key. */
  readonly pem: string;
  /** Backend of the route that brought it; undefined for one of the local authority. */
  readonly owner?: string | undefined;
}

export interface CertificateFiles {
  /** Content by name, relative to HAProxy's folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Lines of the list: file and hosts. The first is shown when no host fits. */
  readonly lines: readonly string[];
  /** Backends of the routes that brought a file, by its name. */
  readonly owners: ReadonlyMap<string, string>;
}

export function certificateFiles(
  fallback: ShownCertificate,
  shown: readonly ShownCertificate[],
): CertificateFiles {
  const files = new Map<string, string>();
  const owners = new Map<string, string>();
  const lines = [fallback, ...shown].map(({ host, pem, owner }, index) => {
    const name = `certs/${digestOf(`${host} ${pem}`)}.pem`;
    files.set(name, pem);
    if (owner !== undefined) owners.set(name, owner);
    return index === 0 || host === "*" ? name : `${name} ${host}`;
  });
  return { files, lines: [...new Set(lines)], owners };
}

/** The commands that bring a worker's list to what is wanted; what comes in comes in first. */
export function certificateCommands(actual: readonly string[], wanted: CertificateFiles): readonly string[] {
  const present = new Set(actual);
  const fresh = wanted.lines.filter((line) => !present.has(line));
  const kept = new Set(wanted.lines);
  // The first is the one without a host: it is never taken away, and changes with a reload.
  const gone = actual.slice(1).filter((line) => !kept.has(line));
  return [
    ...fresh.flatMap((line) => {
      const [name = ""] = line.split(" ");
      const pem = (wanted.files.get(name) ?? "").trim();
      return [
        `new ssl cert ${name}`,
        `set ssl cert ${name} <<\n${pem}\n`,
        `commit ssl cert ${name}`,
        `add ssl crt-list ${certificateList} <<\n${line}\n`,
      ];
    }),
    ...gone.flatMap((line) => {
      const [name = ""] = line.split(" ");
      return [`del ssl crt-list ${certificateList} ${name}`, `del ssl cert ${name}`];
    }),
  ];
}

export interface RefusedCommand {
  readonly command: string;
  readonly answer: string;
}

/** What is wrong with files that routes brought, for refused commands of `certificateCommands`; others are no file's. */
export function refusedWith(
  refused: readonly RefusedCommand[],
  { owners }: CertificateFiles,
): ReadonlyMap<string, string> {
  const wrong = new Map<string, string>();
  for (const { command, answer } of refused) {
    const file = broughtFile(command);
    // The first complaint is the cause of the others.
    if (file !== undefined && owners.has(file) && !wrong.has(file)) wrong.set(file, answer);
  }
  return wrong;
}

function broughtFile(command: string): string | undefined {
  const [, name, listed] =
    /^(?:(?:new|set|commit) ssl cert (\S+)|add ssl crt-list \S+ <<\n(\S+))/.exec(command) ?? [];
  return name ?? listed;
}

/** Whatever has become of it. */
export function takeAwayCommands(name: string): readonly string[] {
  return [`del ssl crt-list ${certificateList} ${name}`, `abort ssl cert ${name}`, `del ssl cert ${name}`];
}

/** Answer of `show ssl crt-list`: a heading, then the lines. Undefined when the worker has no such list. */
export function parseCertificateList(text: string): readonly string[] | undefined {
  if (!text.startsWith("#")) return undefined;
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter(Boolean);
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
