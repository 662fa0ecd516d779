import { expect, test } from "vitest";
import type { Channels } from "../client/channels.ts";
import type { CommandContext } from "./command.ts";
import { runOnTerminal } from "./session.ts";
import { createTerminal } from "./terminal.ts";

/** A session that goes on until it is closed. */
function endless(): Channels {
  const closed = Promise.withResolvers<void>();
  return {
    send: () => Promise.resolve(),
    messages: (async function* () {
      yield { channel: 1, data: Buffer.from("begun") };
      await closed.promise;
    })(),
    close: () => closed.resolve(),
  };
}

test("an interrupt ends a session on a terminal", async () => {
  const interrupt = new AbortController();
  const stream = { write: () => true };
  const idle = (async function* () {
    await new Promise(() => undefined);
    yield Buffer.alloc(0);
  })();
  const context = {
    terminal: createTerminal({ out: stream, err: stream, input: idle, env: {} }),
    signal: interrupt.signal,
    channels: () => Promise.resolve(endless()),
  } as Partial<CommandContext> as CommandContext;
  const ref = { namespace: "default", name: "shop-run" };
  const onOutput = (): void => interrupt.abort(new Error("interrupted"));
  const request = { subresource: "attach", onOutput } as const;
  await expect(runOnTerminal(context, ref, request)).rejects.toThrow("interrupted");
});
