/** A part of the platform that answers HTTP below a path; main serves all of them on one loopback port. */

import type { IncomingMessage, ServerResponse } from "node:http";

export interface HttpHandler {
  /** Path that the handler answers, for instance `/registry/`; "/" takes what no other prefix matches. */
  readonly prefix: string;
  /** Answers every request itself, errors too; it rejects only when Nagi is at fault. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}
