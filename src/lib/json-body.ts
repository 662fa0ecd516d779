/** The JSON that came with a request to one of the platform's own handlers. */

import type { IncomingMessage } from "node:http";

/** Undefined for what is no JSON or has more characters than `max`; the caller says what was expected. */
export async function readJsonBody(request: IncomingMessage, max: number): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    if (text.length <= max) text += chunk;
  }
  try {
    return text.length > max ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
