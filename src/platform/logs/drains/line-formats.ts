/** Lines as receivers take them. Pure. */

import { logKindOf, type LogLine } from "../../../model/log-line.ts";

export interface Origin {
  readonly namespace: string;
  readonly app: string;
}

/** Facility local0, severity informational. */
const priority = 16 * 8 + 6;
/** RFC 5424 allows no more digits of a second. */
const fractionDigits = 6;

/**
 * RFC 5424, with its length before it (octet counting, RFC 6587 and 5425): the app as host name, `app`, `router` or
 * `platform` as application, the source as process.
 */
export function syslogFrame({ time, source, text }: LogLine, { app }: Origin): string {
  const at = time.replace(new RegExp(`(\\.\\d{${fractionDigits}})\\d+Z$`), "$1Z");
  const message = `<${priority}>1 ${at} ${app} ${logKindOf(source)} ${source.slice(0, 128)} - - ${text}`;
  return `${Buffer.byteLength(message)} ${message}`;
}

/** A JSON object a line. */
export function jsonLine({ time, source, text }: LogLine, { app, namespace }: Origin): string {
  return `${JSON.stringify({ time, namespace, app, kind: logKindOf(source), source, text })}\n`;
}
