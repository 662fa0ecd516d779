/**
 * The operator's programs that make DNS records, in `acme/hooks` of the data directory, called as lego calls them:
 * `HOOK present|cleanup RECORD VALUE`. A route names one; nobody but the operator says what runs.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { checkAcmeHook } from "../../../model/kinds/route/route/acme.ts";
import type { DnsHooks } from "./obtain-certificate.ts";

/** Records may take a while until they are seen everywhere. */
const timeoutMs = 5 * 60_000;
const outputMaxBytes = 64 * 1024;
const errorMaxLength = 300;

export function dnsHooksIn(directory: string): DnsHooks {
  return {
    run: (hook, action, record, value) =>
      new Promise((resolve, reject) => {
        // What is no name could lead out of the folder.
        if (checkAcmeHook(hook) !== undefined) return reject(new Error(`there is no DNS hook ${hook}`));
        const path = join(directory, hook);
        const limits = { timeout: timeoutMs, maxBuffer: outputMaxBytes };
        execFile(path, [action, record, value], limits, (error, _output, complaint) => {
          if (error === null) return resolve();
          const said = complaint.trim().slice(-errorMaxLength) || error.message;
          const missing = "code" in error && (error.code as unknown) === "ENOENT";
          const why = missing ? `there is no program ${path}` : said;
          reject(new Error(`the DNS hook ${hook} ${action} failed: ${why}`));
        });
      }),
  };
}
