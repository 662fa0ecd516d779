/**
 * Keeps the histories of apps over restarts: a file for each, replaced whole. What must stay true: a file that cannot be
 * read costs the history of one app, and never the start.
 */

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { packHistory, unpackHistory, type KeptApp } from "./kept-history.ts";

/** No name of a namespace or an app has a dot that could be mistaken: namespaces have none. */
const ending = ".history";

export class HistoryFiles {
  readonly #directory: string;
  readonly #log: Logger;

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** By `namespace/name`. Removes what was not written to its end. */
  async readAll(): Promise<ReadonlyMap<string, KeptApp>> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const found = new Map<string, KeptApp>();
    for (const file of await readdir(this.#directory)) {
      if (!file.endsWith(ending)) {
        await rm(join(this.#directory, file), { force: true });
        continue;
      }
      try {
        const kept = await unpackHistory(await readFile(join(this.#directory, file)));
        const [namespace = "", ...name] = file.slice(0, -ending.length).split(".");
        if (kept !== undefined) found.set(`${namespace}/${name.join(".")}`, kept);
      } catch (error) {
        this.#log.warn("the kept metrics of an app cannot be read and begin anew", {
          file,
          reason: messageOf(error),
        });
      }
    }
    return found;
  }

  async write(key: string, kept: KeptApp): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await writeFile(`${path}.new`, await packHistory(kept), { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    } catch (error) {
      // A full disk: the next time may do.
      this.#log.warn("cannot keep the metrics of an app", { app: key, reason: messageOf(error) });
      await rm(`${path}.new`, { force: true });
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    return join(this.#directory, `${key.replace("/", ".")}${ending}`);
  }
}
