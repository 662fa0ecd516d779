import { appendFileSync, mkdtempDisposableSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { openLogFile, utcTime, type LogFileOptions } from "./log-file.ts";

class Log {
  readonly path: string;
  isOver = false;
  #listener = (): void => undefined;

  constructor(dir: string) {
    this.path = join(dir, "ctr.log");
    writeFileSync(this.path, "");
  }

  write(...lines: readonly string[]): void {
    appendFileSync(this.path, lines.map((line) => `${line}\n`).join(""));
  }

  end(): void {
    this.isOver = true;
    this.#listener();
  }

  async read(given: Partial<LogFileOptions> = {}): Promise<AsyncGenerator<Uint8Array>> {
    const file = await openLogFile({
      path: this.path,
      follow: false,
      isOver: () => this.isOver,
      onOver: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
      timestamps: false,
      clock: systemClock,
      ...given,
    });
    if (file === undefined) throw new Error("not read");
    return file;
  }

  async text(given: Partial<LogFileOptions> = {}): Promise<string> {
    return Buffer.concat(await Array.fromAsync(await this.read(given))).toString();
  }
}

const line = (second: number, text: string, kind = "F"): string =>
  `2026-11-26T10:00:0${second}.000000000+00:00 stdout ${kind} ${text}`;

test("what the container wrote, with parts of lines put together", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-log-"));
  const log = new Log(dir.path);
  log.write(line(1, "one"), line(2, "tw", "P"), line(2, "o"), line(3, ""));
  expect(await log.text()).toBe("one\ntwo\n\n");
  expect(await log.text({ timestamps: true })).toBe(
    "2026-11-26T10:00:01.000000000Z one\n2026-11-26T10:00:02.000000000Z two\n2026-11-26T10:00:03.000000000Z \n",
  );
  expect(await log.text({ sinceMs: Date.parse("2026-11-26T10:00:02Z") })).toBe("two\n\n");
  expect(await log.text({ tail: 1 })).toBe("\n");
  expect(await log.text({ tail: 0 })).toBe("");
  expect(await log.text({ tail: 99 })).toBe("one\ntwo\n\n");
});

test("the last lines of a long file", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-log-"));
  const log = new Log(dir.path);
  log.write(...Array.from({ length: 5000 }, (_, index) => line(1, `line ${index}`)));
  const text = await log.text({ tail: 3000 });
  expect(text.split("\n")).toHaveLength(3001);
  expect(text.startsWith("line 2000\n")).toBe(true);
  expect(text.endsWith("line 4999\n")).toBe(true);
});

test("a log is followed over the file's replacement and removal to its last byte", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-log-"));
  const log = new Log(dir.path);
  log.write(line(1, "one"));
  let seen = "";
  const following = (async () => {
    for await (const chunk of await log.read({ follow: true })) seen += Buffer.from(chunk).toString();
  })();
  await expect.poll(() => seen).toBe("one\n");
  log.write(line(2, "two"));
  await expect.poll(() => seen).toBe("one\ntwo\n");
  renameSync(log.path, join(dir.path, "old"));
  writeFileSync(log.path, `${line(3, "three")}\n`);
  await expect.poll(() => seen, { timeout: 10_000 }).toBe("one\ntwo\nthree\n");
  log.write(line(4, "last"), line(4, "words", "P"));
  rmSync(log.path);
  log.end();
  await following;
  expect(seen).toBe("one\ntwo\nthree\nlast\nwords");
});

test("a file of another driver, or none, is left to the engine", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-log-"));
  const log = new Log(dir.path);
  writeFileSync(log.path, '{"log":"one\\n","stream":"stdout"}\n');
  await expect(log.text()).rejects.toThrow("not read");
  rmSync(log.path);
  await expect(log.text()).rejects.toThrow("not read");
});

test("times are told in UTC", () => {
  expect(utcTime("2026-11-26T10:00:01.123456789+01:00")).toBe("2026-11-26T09:00:01.123456789Z");
  expect(utcTime("2026-11-26T10:00:01Z")).toBe("2026-11-26T10:00:01Z");
});
