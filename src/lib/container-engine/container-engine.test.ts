import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { jsonLines, outputFrames } from "./engine-frames.ts";
import { containersConf, registriesConf } from "./engine-host.ts";
import { EngineError } from "./engine-transport.ts";
import { onceWritten, whileContainersGo, whileImagesGo } from "./passing-faults.ts";
import { splitReference } from "./image-engine.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The bytes in pieces of the given size. */
function pieces(bytes: Buffer, size: number): Readable {
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(parts);
}

test.each([1, 3, 1000])("lines of JSON are read whatever the pieces: %i", async (size) => {
  const text = '{"a":"ü"}\r\n\n{"b":2}\n{"c":3}';
  expect(await all(jsonLines(pieces(Buffer.from(text), size)))).toEqual([{ a: "ü" }, { b: 2 }, { c: 3 }]);
});

test.each([1, 5, 1000])("frames are taken apart whatever the pieces: %i", async (size) => {
  const frame = (stream: number, text: string): Buffer => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const bytes = Buffer.concat([frame(1, "out"), frame(2, "err"), frame(1, ""), frame(1, "end")]);
  const found = await all(outputFrames(pieces(bytes, size)));
  expect(found.map(({ stream, data }) => `${stream} ${data.toString()}`)).toEqual([
    "stdout out",
    "stderr err",
    "stdout ",
    "stdout end",
  ]);
});

test("a frame that claims to be huge is refused", async () => {
  const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  await expect(all(outputFrames(Readable.from([header])))).rejects.toThrow("too long");
});

test.each([
  ["nginx", "nginx", "latest"],
  ["nginx:1", "nginx", "1"],
  ["host:5000/a/b", "host:5000/a/b", "latest"],
  ["host:5000/a/b:c", "host:5000/a/b", "c"],
])("%s is %s with tag %s", (reference, name, tag) => {
  expect(splitReference(reference)).toEqual({ name, tag });
});

test("the engine's configuration names only what had to be found out", () => {
  expect(containersConf({}, { systemd: true })).not.toMatch(/runtime|ulimits|cgroup/);
  const found = { runtime: "runc", ulimits: [{ Name: "nofile", Soft: 10, Hard: 20 }] };
  const text = containersConf(found, { systemd: false });
  expect(text).toContain('runtime = "runc"');
  expect(text).toContain('default_ulimits = ["nofile=10:20"]');
  expect(text).toContain('cgroup_manager = "cgroupfs"');
  // Each command in a container leaves two processes for so long: checks by command every ten seconds, twelve.
  expect(text).toContain("exit_command_delay = 60");
});

test("our registries come after the system's settings", () => {
  const text = registriesConf('unqualified-search-registries = ["docker.io"]\n', ["127.0.0.1:5000"]);
  expect(text).toBe(
    'unqualified-search-registries = ["docker.io"]\n# Added by Nagi.\n[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n\n',
  );
});

const imageGone =
  "checking if cached image exists from a previous build: getting top layer info: layer not known";

test.each([
  { name: "an image that goes once", errors: [imageGone], opened: 2, fails: false },
  { name: "images that go on going", errors: Array<string>(9).fill(imageGone), opened: 3, fails: true },
  { name: "another fault", errors: ["exit status 1"], opened: 1, fails: true },
])("a build begins anew when images it looks through are removed: $name", async (given) => {
  const errors = [...given.errors];
  let opened = 0;
  const open = (): Readable => {
    opened += 1;
    return Readable.from([`context ${opened}`]);
  };
  const built = all(
    whileImagesGo(open, async function* (context) {
      const [text] = await all(context);
      const message = errors.shift();
      if (message !== undefined) throw new EngineError(500, message);
      yield text;
    }),
  );
  if (given.fails) await expect(built).rejects.toThrow(given.errors[0] ?? "");
  else expect(await built).toEqual(["context 2"]);
  expect(opened).toBe(given.opened);
});

const halfWritten =
  'failed to convert ImageData to ImageInspect: locating item named "manifest" for image with ID "5384": file does not exist';

const gone = "determining buildah container for container ID 5384: container not known";

test.each([
  { again: onceWritten, error: new EngineError(500, halfWritten), asked: 2 },
  { again: onceWritten, error: new EngineError(404, "no such image"), asked: 1 },
  { again: whileContainersGo, error: new EngineError(500, gone), asked: 2 },
  { again: whileContainersGo, error: new EngineError(500, "disk full"), asked: 1 },
])("only what passes is asked again: $error.message", async ({ again, error, asked }) => {
  let times = 0;
  const found = again(async () => {
    times += 1;
    if (times === 1) throw error;
    return await Promise.resolve("the answer");
  });
  if (asked === 1) await expect(found).rejects.toThrow(error.message);
  else expect(await found).toBe("the answer");
  expect(times).toBe(asked);
});
