/** What visitors are told in an app's place while it is worked on: a text or a page. Pure. */

import { wildcardHost, requestedHost } from "./route-lookups.ts";
import { html } from "./shown-pages.ts";

/** What clients are told to wait before they ask again. */
const retrySeconds = 60;
const pagePrefix = "page:";
export const maintenanceText = "This app is being worked on. Please come back soon.";

/** The value of `maintenance.map` for a setting: `on`, or a text; a page is for those who said no text. */
export function maintenanceValue(setting: string, page: string | undefined): string {
  if (setting !== "on") return setting;
  return page === undefined ? maintenanceText : `${pagePrefix}${page}`;
}

/** Looks up the place that was asked for, as the frontend did: with its path, then all names beside it. */
export function maintenanceLines(files: readonly string[]): readonly string[] {
  const place = (host: string): string => `${host},concat(,txn.asked,/),map_beg(maintenance.map)`;
  const unlessFound = "unless { var(txn.rest) -m found }";
  const answer = `http-request return status 503 hdr Retry-After ${retrySeconds} hdr Cache-Control no-store`;
  return [
    "http-request set-log-level silent",
    "http-request set-var(txn.asked) path",
    `http-request set-var(txn.rest) ${place(requestedHost)}`,
    `http-request set-var(txn.rest) ${place(wildcardHost)} ${unlessFound}`,
    `http-request set-var(txn.rest) ${place("str(*)")} ${unlessFound}`,
    `http-request set-var(txn.rest) str("${maintenanceText}") ${unlessFound}`,
    ...files.map((file) => `${answer} ${html} file ${file} if { var(txn.rest) -m str ${pagePrefix}${file} }`),
    `${answer} content-type text/plain lf-string "503: %[var(txn.rest)]\\n"`,
  ];
}
