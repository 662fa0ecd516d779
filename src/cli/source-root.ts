/** The directory of a repository that an app is built from, as people type it. */

import { checkSourceDirectory } from "../model/kinds/nagi/source-path.ts";
import { UsageError } from "./command.ts";

/** `./apps/web/` is apps/web; undefined stands for the whole repository. */
export function rootOf(given: string): string | undefined {
  const path = given.replace(/^(\.\/+)+/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") {
    if (!given.startsWith("/")) return undefined;
  }
  const problem = checkSourceDirectory(given.startsWith("/") ? given : path);
  if (problem !== undefined) throw new UsageError(`--root is ${JSON.stringify(given)}: ${problem}`);
  return path;
}
