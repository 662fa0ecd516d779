import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { endWithoutOutput } from "./unread-output.ts";

class Output extends EventEmitter {
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

function watch(out = new Output(), err = new Output()) {
  let interrupts = 0;
  const interrupt = (): void => void (interrupts += 1);
  const watched = endWithoutOutput({ out, err, interrupt, exit: () => undefined });
  const fail = (stream: Output, code: string, errno: number): boolean =>
    stream.emit("error", Object.assign(new Error(`${code}: words, write`), { code, errno }));
  return { out, err, fail, watched, interrupts: () => interrupts };
}

test("a command that nobody reads is interrupted, and has done well", () => {
  const { out, err, fail, watched, interrupts } = watch();
  expect(watched.exitCode).toBeUndefined();
  fail(out, "EPIPE", -32);
  fail(out, "EPIPE", -32);
  expect(watched.exitCode).toBe(0);
  expect(interrupts()).toBe(1);
  expect(err.text).toBe("");
});

test("so is one whose terminal is gone", () => {
  const { out, err, fail, watched, interrupts } = watch(new Output(true), new Output(true));
  fail(err, "EIO", -5);
  expect(interrupts()).toBe(0);
  fail(out, "EIO", -5);
  expect(watched.exitCode).toBe(0);
  expect(interrupts()).toBe(1);
});

test("one whose output has no place is interrupted, and says so", () => {
  const { out, err, fail, watched, interrupts } = watch();
  fail(out, "ENOSPC", -28);
  fail(out, "ENOSPC", -28);
  expect(watched.exitCode).toBe(1);
  expect(interrupts()).toBe(1);
  expect(err.text).toBe("error: cannot write the output: no space left on device\n");
});
