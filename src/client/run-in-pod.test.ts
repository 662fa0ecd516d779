import { expect, it } from "vitest";
import type { Channels } from "./channels.ts";
import { runInPod } from "./run-in-pod.ts";

const closeChannel = 255;

it("does not take an input that fails for one that ends", async () => {
  const sent: number[] = [];
  const closed = Promise.withResolvers<void>();
  const channels: Channels = {
    send: async (channel) => void sent.push(channel),
    messages: (async function* () {
      await closed.promise;
      yield* [];
    })(),
    close: () => closed.resolve(),
  };
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("EIO: i/o error, read");
  }
  const request = { subresource: "exec", input: broken(), output: () => {}, errors: () => {} } as const;
  const running = runInPod(async () => channels, { name: "pod" }, request, new AbortController().signal);
  await expect(running).rejects.toThrow("EIO: i/o error, read");
  expect(sent).toEqual([0]);
  expect(sent).not.toContain(closeChannel);
});
