/**
 * A shell that starts programs in this process's place (adr/0205). The kernel copies a process to start another: of one as large
 * as Nagi that takes 10 to 60 ms of a busy virtual machine, in which it does nothing else, and each page that it writes
 * afterwards costs it a fault. A shell has next to nothing to copy.
 */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";

const outputMaxLength = 64 * 1024;

export interface ProgramCall {
  readonly path: string;
  readonly args: readonly string[];
  /** Text; a newline ends it. Empty: none. */
  readonly input: string;
  /** Variables beside this process's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface ProgramResult {
  readonly output: string;
  readonly errors: string;
  /** As shells count: 126 and 127 where it could not be run, 128 and the signal's number where one ended it. */
  readonly code: number;
}

/** One program at a time. */
export class ProgramShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Ends what a program wrote; no program can know it. */
  readonly #mark = randomUUID();
  /** Of the program that runs. */
  #fail: (error: Error) => void = nothing;
  #isOver = false;

  constructor() {
    // In a group of its own, so that it can be ended with what it runs.
    this.#child = spawn("/bin/sh", ["-s", "nagi-programs"], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.once("error", (cause) => this.#end(new Error("cannot run a shell", { cause })));
    this.#child.once("exit", (code, signal) =>
      this.#end(new Error(`the shell that ran it ended with ${code ?? signal}`)),
    );
    // Without it there may be no streams either.
    if (this.#child.pid === undefined) throw new Error("cannot run a shell");
    const { stdin, stdout, stderr } = this.#child;
    for (const stream of [stdout, stderr]) stream.setEncoding("utf8");
    // Its end says why.
    for (const stream of [stdin, stdout, stderr]) stream.on("error", nothing);
    this.#hold(false);
  }

  /** Whether it cannot be used again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Throws when the program takes too long or the shell is killed; it is over then. */
  async run(call: ProgramCall): Promise<ProgramResult> {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    this.#fail = reject;
    this.#hold(true);
    const timer = setTimeout(() => this.#kill(call.timeoutMs), call.timeoutMs);
    try {
      const { stdin, stdout, stderr } = this.#child;
      const written = Promise.all([this.#textOf(stdout), this.#textOf(stderr)]);
      stdin.write(this.#commands(call));
      const [output, errors] = await Promise.race([written, failed]);
      return { output: output.text, errors: errors.text, code: output.code };
    } finally {
      clearTimeout(timer);
      this.#fail = nothing;
      this.#hold(false);
    }
  }

  #end(error: Error): void {
    this.#isOver = true;
    this.#fail(error);
  }

  #kill(timeoutMs: number): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isOver) return;
    this.#end(new Error(`it took longer than ${timeoutMs} ms`));
    process.kill(-pid, "SIGKILL");
  }

  /** This process waits for a program, not for an idle shell. */
  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const each of [this.#child, stdin, stdout, stderr] as { ref?(): void; unref?(): void }[]) {
      if (on) each.ref?.();
      else each.unref?.();
    }
  }

  #commands({ path, args, input, env }: ProgramCall): string {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
    const words = [...variables, ...[path, ...args].map(quoted)].join(" ");
    const given = input === "" ? "</dev/null" : `<<'${this.#mark}'\n${withNewline(input)}${this.#mark}`;
    return `${words} ${given}\nprintf '\\n%s %s\\n' ${this.#mark} $?\nprintf '\\n%s 0\\n' ${this.#mark} >&2\n`;
  }

  /** What comes until the mark, the beginning of it, and the number after the mark. */
  #textOf(stream: Readable): Promise<{ readonly text: string; readonly code: number }> {
    const end = new RegExp(`\\n${this.#mark} (\\d+)\\n$`);
    let text = "";
    return new Promise((resolve) => {
      const take = (chunk: string): void => {
        text += chunk;
        const found = end.exec(text);
        if (found === null) {
          if (text.length > 2 * outputMaxLength)
            text = text.slice(0, outputMaxLength) + text.slice(-outputMaxLength);
          return;
        }
        stream.off("data", take);
        resolve({ text: text.slice(0, Math.min(found.index, outputMaxLength)), code: Number(found[1]) });
      };
      stream.on("data", take);
    });
  }
}

const nothing = (): void => undefined;
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const withNewline = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);

/** As many shells as programs run at a time; they stay for the next ones. */
export class ProgramShells {
  readonly #shellsMax: number;
  readonly #idle: ProgramShell[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(shellsMax: number) {
    this.#shellsMax = shellsMax;
  }

  async run(call: ProgramCall): Promise<ProgramResult> {
    if (this.#running < this.#shellsMax) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#runNow(call);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #runNow(call: ProgramCall): Promise<ProgramResult> {
    const shell = this.#usable() ?? new ProgramShell();
    try {
      return await shell.run(call);
    } finally {
      if (!shell.isOver) this.#idle.push(shell);
    }
  }

  #usable(): ProgramShell | undefined {
    for (;;) {
      const shell = this.#idle.pop();
      if (shell?.isOver !== true) return shell;
    }
  }
}
