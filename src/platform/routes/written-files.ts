/** The files of HAProxy's folder: each is there whole or not at all, and is written when it changes only. */

import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export class WrittenFiles {
  readonly #dir: string;
  readonly #written = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Makes the folder. What is in it is for its owner; others may go through it, to what is theirs. */
  async open(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await chmod(this.#dir, 0o711);
  }

  async write(name: string, content: string): Promise<void> {
    if (this.#written.get(name) === content) return;
    const path = join(this.#dir, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
    this.#written.set(name, content);
  }

  /** Undefined when it is not there. */
  read(name: string): Promise<string | undefined> {
    return readFile(join(this.#dir, name), "utf8").catch(() => undefined);
  }

  /** Removes what is in a folder beside these. */
  async keepOnly(folder: string, names: { readonly has: (name: string) => boolean }): Promise<void> {
    for (const name of await readdir(join(this.#dir, folder)).catch(() => [])) {
      const path = `${folder}/${name}`;
      if (names.has(path)) continue;
      await rm(join(this.#dir, path), { force: true });
      this.#written.delete(path);
    }
  }
}
