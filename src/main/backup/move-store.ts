/** Objects that go to another place, changed on disk before the store is opened. */

import { existsSync } from "node:fs";
import { lockStore } from "../../engine/store/lock.ts";
import { LogFile } from "../../engine/store/log-file.ts";
import { lastRegistryPort, paths, type PlatformConfig } from "../config.ts";
import { movedText, type Place } from "./moved-text.ts";

/** Sealed objects stay as they are: config vars say what their users wrote. */
export function moveStore(path: string, from: Place, to: Place): void {
  const lock = lockStore(path);
  const log = new LogFile({ path, maxPages: 0 });
  try {
    log.rewrite(movedText(from, to));
  } finally {
    log.close();
    lock.release();
  }
}

/** For a start with another port than the last one: images are named by it. */
export function moveRegistry({ dataDir, registryPort }: PlatformConfig): void {
  const last = lastRegistryPort(dataDir);
  const { store } = paths(dataDir);
  if (last === undefined || last === registryPort || !existsSync(store)) return;
  moveStore(store, { dataDir, registryPort: last }, { dataDir, registryPort });
}
