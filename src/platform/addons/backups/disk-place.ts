/** Backups as files of the data directory. */

import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { metered, type DataPlace, type KeptData, type WriteData } from "./data-place.ts";

export class DiskPlace implements DataPlace {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async keep(name: string, fill: (write: WriteData) => Promise<void>): Promise<KeptData> {
    const path = this.#path(name);
    const part = `${path}.part`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(part, "w", 0o600);
    try {
      const { write, kept } = metered((data) => handle.writeFile(data));
      await fill(write);
      await handle.sync();
      await rename(part, path);
      await syncFolder(dirname(path));
      return kept();
    } finally {
      await handle.close();
      await rm(part, { force: true });
    }
  }

  read(name: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return createReadStream(this.#path(name), { signal }) as AsyncIterable<Uint8Array>;
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    await rm(path, { force: true });
    await rm(`${path}.part`, { force: true });
  }

  /** Names come from objects, which users write: none leads out of the directory. */
  #path(name: string): string {
    if (!/^[a-z0-9][\w-]*\/[a-z0-9][\w.-]*$/.test(name)) throw new Error(`${name} is no name of a backup`);
    return join(this.#directory, name);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync();
  await folder.close();
}
