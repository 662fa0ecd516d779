/** Writing answers. */

import type { ServerResponse } from "node:http";
import type { Logger } from "../../../lib/log.ts";
import { StatusError, type Status } from "../../../model/status.ts";

export function send(response: ServerResponse, code: number, contentType: string, text: string): void {
  if (response.destroyed || response.headersSent) return;
  const bytes = Buffer.from(text);
  response.writeHead(code, { "Content-Type": contentType, "Content-Length": bytes.length });
  response.end(bytes);
}

export function sendJson(response: ServerResponse, code: number, value: unknown): void {
  send(response, code, "application/json", JSON.stringify(value));
}

/** Anything that is no StatusError is a fault of ours: the client is told only that there was one. */
export function statusOf(thrown: unknown, log: Logger): Status {
  if (thrown instanceof StatusError) return thrown.toStatus();
  log.error("a request failed", { error: thrown });
  return new StatusError("InternalError", "Internal error occurred: see the server's log").toStatus();
}

export function sendStatus(response: ServerResponse, status: Status): void {
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined && !response.headersSent) response.setHeader("Retry-After", String(seconds));
  sendJson(response, status.code, status);
}

/** A `Warning` header; clients show it to their user. */
export function addWarning(response: ServerResponse, text: string): void {
  const safe = text.replaceAll(/[^\x20-\x7e]/g, " ").replaceAll(/["\\]/g, String.raw`\$&`);
  response.appendHeader("Warning", `299 - "${safe}"`);
}
