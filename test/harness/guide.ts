/** The complete example that a page of the guide begins with, run as a user would: pasted into a shell. */

import { mkdtempDisposableSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, type Outcome, type TestPlatform } from "./platform.ts";

/** Pages that were begun on a platform. */
const begun = new WeakMap<TestPlatform, Set<string>>();

/**
 * `examples/` is there as in a clone of Nagi, and the platform's port stands for the usual one. The apps of an earlier try are
 * gone.
 */
export function runGuideExample(platform: TestPlatform, page: string): Outcome {
  const text = readFileSync(join(root, "docs/guide", page), "utf8");
  const script = /^```sh\n([\s\S]*?)^```$/m.exec(text)?.[1];
  if (script === undefined) throw new Error(`docs/guide/${page} has no example`);
  const pages = begun.get(platform) ?? new Set();
  if (pages.has(page))
    for (const [, app = ""] of script.matchAll(/^nagi create (\S+)/gm))
      platform.tryNagi(["destroy", app, "--confirm", app]);
  begun.set(platform, pages.add(page));
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-guide-"));
  symlinkSync(join(root, "examples"), join(folder.path, "examples"));
  const who =
    "GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@localhost";
  const setup = `set -e; export PATH=${join(root, "bin")}:$PATH ${who}; exec 2>&1\n`;
  const commands = script
    .replaceAll(":8080", `:${platform.httpPort}`)
    .replaceAll(":8443", `:${platform.httpsPort}`);
  return platform.run("bash", ["-c", setup + commands], { cwd: folder.path });
}
