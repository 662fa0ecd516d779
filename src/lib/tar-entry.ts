/** Writes an entry of a tar from the stream of its content. */

import { once, type EventEmitter } from "node:events";
import type { Header, Pack } from "tar-stream";

export type NewHeader = Partial<Header> & Pick<Header, "name">;
export type EntryContent = AsyncIterable<unknown> & { resume(): unknown };

/** Resolves when it is taken. Content that fails fails the entry, which is what the tar is then destroyed for. */
export async function writeEntry(tar: Pack, header: NewHeader, content: EntryContent): Promise<void> {
  const done = Promise.withResolvers<void>();
  // Its content may fail first: then nobody waits for the end of the entry, which fails with it.
  done.promise.catch(() => undefined);
  const sink = tar.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  const events = sink as unknown as EventEmitter;
  events.on("error", () => undefined);
  if (header.type === "file" || header.type === "contiguous-file") {
    for await (const chunk of content) {
      if (!sink.write(chunk)) await Promise.race([once(events, "drain"), done.promise]);
    }
    sink.end(undefined);
  } else content.resume();
  await done.promise;
}
