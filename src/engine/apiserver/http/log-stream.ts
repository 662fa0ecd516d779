/** The log subresource over HTTP: bytes as they come, an error as a Status if it comes before them. */

import type { ServerResponse } from "node:http";
import type { Target } from "../parts.ts";
import type { Exchange } from "./exchange.ts";
import { logOptionsIn } from "./query.ts";

export async function streamLog(exchange: Exchange, target: Target): Promise<void> {
  const { api, response, query, closing } = exchange;
  const options = logOptionsIn(query);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once("close", abort);
  closing.addEventListener("abort", abort, { once: true });
  const leave = options.follow === true ? exchange.openStream() : undefined;
  try {
    const chunks = api.log(target, { ...options, signal: gone.signal })[Symbol.asyncIterator]();
    let next = await chunks.next();
    response.writeHead(200, { "Content-Type": "text/plain" });
    for (; next.done !== true && !gone.signal.aborted; next = await chunks.next()) {
      if (!response.write(next.value)) await drained(response);
    }
    await chunks.return?.();
    response.end();
  } finally {
    leave?.();
    closing.removeEventListener("abort", abort);
    response.removeListener("close", abort);
  }
}

/** Until the client has read on, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.removeListener("drain", done);
      response.removeListener("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
    if (response.closed || !response.writableNeedDrain) done();
  });
}
