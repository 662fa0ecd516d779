/**
 * Scripts of a builder that are at a web address: fetched before the build as everything else that is fetched for one, with
 * the rules of builds (adr/0165).
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../lib/errors.ts";
import { BuildFailure } from "../failure.ts";
import { download, NotServed } from "../network/download.ts";
import type { Work } from "../work.ts";
import { scriptNames } from "./builder.ts";

/** Of one script. */
const scriptMaxBytes = 1024 ** 2;
/** For all of them. */
const fetchMaxMs = 120_000;

/** Texts by name: those that are there. `incremental`: whether save-artifacts is of use. */
export async function fetchScripts(
  { options, log, signal }: Work,
  { url, incremental }: { readonly url: string; readonly incremental: boolean },
): Promise<ReadonlyMap<string, string>> {
  const host = await options.host();
  const guard = await options.network?.guard(host);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(fetchMaxMs)]);
  const directory = await mkdtemp(join(tmpdir(), "nagi-s2i-"));
  const found = new Map<string, string>();
  log.line(`-----> Fetching scripts from ${url}`);
  try {
    for (const name of scriptNames.filter((each) => each !== "save-artifacts" || incremental)) {
      const file = join(directory, name);
      const asked = { host, guard, signal: limit, maxBytes: scriptMaxBytes, asItIs: true };
      try {
        await download(scriptUrl(url, name), file, asked);
        found.set(name, await readFile(file, "utf8"));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NotServed && error.status === 404) continue;
        const why = limit.aborted ? `it takes longer than ${fetchMaxMs / 1000} s` : messageOf(error);
        throw new BuildFailure("FetchSourceFailed", `cannot fetch ${scriptUrl(url, name)}: ${why}`, {
          cause: error,
        });
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return found;
}

/** What an address asks beside its path stays. */
export function scriptUrl(url: string, name: string): string {
  const whole = new URL(url);
  whole.pathname = `${whole.pathname.replace(/\/+$/, "")}/${name}`;
  return whole.href;
}
