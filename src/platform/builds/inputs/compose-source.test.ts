import { buffer, text } from "node:stream/consumers";
import { Readable } from "node:stream";
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
