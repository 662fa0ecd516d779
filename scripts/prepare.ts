/**
 * Makes the prepared program (src/main/prepared.ts): `src` and the packages that it uses in a few files, so that a
 * start does not read, strip and link a thousand of them. Does nothing while what is there says the same as the sources.
 * One at a time makes it: others wait for what comes of it, or with `--no-wait` leave it to that one.
 */

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { rolldown, type Plugin } from "rolldown";
import {
  inputOf,
  manifestFile,
  preparedDir,
  preparedProgram,
  root,
  type Manifest,
} from "../src/main/prepared.ts";

/** A platform that runs still loads parts of the program that it was started from: the newest are kept. */
const keptPrograms = 10;
/** npm writes it whenever packages change. */
const packagesFile = "node_modules/.package-lock.json";
/** A program is made within seconds; one that another makes for longer is not waited for. */
const waitMaxMs = 120_000;
const sqliteBusy = 5;
const noSsh = "\0no-ssh";
const directory = preparedDir(root);

/** Sees every source, and lets each go on naming files by its own place. */
function sourcesPlugin(noteInput: (path: string) => void): Plugin {
  return {
    name: "nagi-sources",
    resolveId(specifier, importer) {
      // docker-modem loads an SSH client that only addresses with ssh:// use; Nagi's engines are sockets of this machine.
      return specifier === "ssh2" && importer?.includes("docker-modem") === true ? noSsh : null;
    },
    load(id) {
      if (id === noSsh) return "export const Client = undefined;";
      // Before it is read: a change meanwhile makes the program stale.
      if (id.startsWith(join(root, "src/"))) noteInput(relative(root, id));
      return null;
    },
    transform(code, id) {
      if (!code.includes("import.meta.url")) return null;
      return { code: code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)), map: null };
    },
  };
}

async function prepare(): Promise<void> {
  const name = `program-${Date.now()}-${process.pid}`;
  const inputs: Record<string, Manifest["inputs"][string]> = {};
  const noteInput = (path: string): void => {
    const input = inputOf(join(root, path));
    if (input !== undefined) inputs[path] = input;
  };
  for (const path of [packagesFile, "scripts/prepare.ts"]) noteInput(path);
  const bundle = await rolldown({
    input: { nagi: join(root, "src/main/nagi.ts") },
    platform: "node",
    plugins: [sourcesPlugin(noteInput)],
    logLevel: "silent",
  });
  await bundle.write({
    dir: join(directory, name),
    format: "esm",
    // Node knows by the name what they are.
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    sourcemap: true,
    keepNames: true,
  });
  await bundle.close();
  const manifest: Manifest = { root, program: `${name}/nagi.mjs`, inputs };
  const draft = `${manifestFile(root)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(manifest));
  renameSync(draft, manifestFile(root));
  removeOld();
}

function removeOld(): void {
  const programs = readdirSync(directory).filter((entry) => entry.startsWith("program-"));
  const byAge = programs.toSorted((a, b) => changedMs(b) - changedMs(a));
  for (const old of byAge.slice(keptPrograms)) rmSync(join(directory, old), { recursive: true, force: true });
}

const changedMs = (entry: string): number =>
  statSync(join(directory, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Held until this process ends, however it does: SQLite locks with the kernel. Undefined when another one holds it. */
function takeLock(): DatabaseSync | undefined {
  const timeout = process.argv.includes("--no-wait") ? 0 : waitMaxMs;
  const lock = new DatabaseSync(join(directory, "preparing"), { timeout });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw error;
  }
}

mkdirSync(directory, { recursive: true });
// Looks at the sources, whatever is said to be known of them.
if (preparedProgram(root, "") === undefined) {
  using lock = takeLock();
  if (lock !== undefined && preparedProgram(root, "") === undefined) await prepare();
}
