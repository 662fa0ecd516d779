import { once } from "node:events";
import { expect, it } from "vitest";
import type { LogOptions } from "../../../client/client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { goneRequest } from "../../../lib/testing/gone-request.ts";
import { defaultLimits } from "../limits.ts";
import type { Target } from "../parts.ts";
import type { Exchange } from "./exchange.ts";
import { streamLog } from "./log-stream.ts";

it("ends a followed log whose client was gone before it began", async () => {
  let left = false;
  const exchange = {
    ...(await goneRequest("GET")),
    query: new URLSearchParams("follow=true"),
    closing: new AbortController().signal,
    openStream: () => () => void (left = true),
    api: {
      parts: { clock: systemClock, limits: defaultLimits },
      async *log(_target: Target, { signal }: LogOptions) {
        if (signal?.aborted === false) await once(signal, "abort");
        yield* [];
      },
    },
  } as unknown as Exchange;
  await streamLog(exchange, {} as Target);
  expect(left).toBe(true);
});
