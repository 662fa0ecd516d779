import { buffer, text } from "node:stream/consumers";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { extract, pack } from "tar-stream";
import { expect, it } from "vitest";
import { composedSource } from "./compose-source.ts";

async function tarOf(files: Readonly<Record<string, string>>): Promise<Readable> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return Readable.from([await buffer(tar)]);
}

async function contentOf(tar: Readable): Promise<Record<string, string>> {
  const entries = extract();
  tar.on("error", (error) => entries.destroy(error));
  tar.pipe(entries);
  const found: Record<string, string> = {};
  for await (const entry of entries) found[entry.header.name] = await text(entry);
  return found;
}

it("puts files over the source, and entries of other tars where they are to be", async () => {
  const other = await tarOf({ "dir/in.txt": "in", "dir/out.txt": "out" });
  const composed = composedSource({
    source: await tarOf({ "./a/Dockerfile": "old", "a/kept": "kept" }),
    files: [{ path: "a/Dockerfile", content: Buffer.from("new"), mode: 0o644 }],
    tars: [(write) => write(other, (name) => (name === "dir/in.txt" ? "b/in.txt" : undefined))],
  });
  expect(await contentOf(composed)).toEqual({ "a/kept": "kept", "b/in.txt": "in", "a/Dockerfile": "new" });
});

it("ends with the error of a part", async () => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(512);
      await Promise.resolve();
      throw new Error("the disk is gone");
    })(),
  );
  await expect(contentOf(composedSource({ source: broken, files: [] }))).rejects.toThrow("the disk is gone");
  const missing = composedSource({ files: [], tars: [() => Promise.reject(new Error("no such path"))] });
  await expect(contentOf(missing)).rejects.toThrow("no such path");
});

it("ends with the error of a tar that is cut off in a file, which nobody else hears of", async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", note);
  const whole = await buffer(await tarOf({ "big.txt": "x".repeat(9000) }));
  const composed = composedSource({ source: Readable.from([whole.subarray(0, 4000)]), files: [] });
  await expect(buffer(composed)).rejects.toThrow("Unexpected end of data");
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  process.off("unhandledRejection", note);
  expect(unheard).toEqual([]);
});
