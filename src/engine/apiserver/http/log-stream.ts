/** The log subresource over HTTP: bytes as they come, an error as a Status if it comes before them and soon. */

import { drained } from "../../../lib/drained.ts";
import type { Target } from "../parts.ts";
import type { Exchange } from "./exchange.ts";
import { logOptionsIn } from "./query.ts";

export async function streamLog(exchange: Exchange, target: Target): Promise<void> {
  const { api, response, query, closing } = exchange;
  const { clock, limits } = api.parts;
  const options = logOptionsIn(query);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once("close", abort);
  closing.addEventListener("abort", abort, { once: true });
  if (response.closed || closing.aborted) abort();
  const leave = options.follow === true ? exchange.openStream() : undefined;
  try {
    const chunks = api.log(target, { ...options, signal: gone.signal })[Symbol.asyncIterator]();
    const first = chunks.next();
    const begin = () => response.writeHead(200, { "Content-Type": "text/plain" });
    const timer =
      leave === undefined ? undefined : clock.after(limits.logHeadMs, () => begin().flushHeaders());
    let next = await first.finally(() => timer?.cancel());
    if (!response.headersSent) begin();
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
