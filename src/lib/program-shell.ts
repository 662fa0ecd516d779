/**
 * A shell that starts programs in this process's place (adr/0205). The kernel copies a process to start another: of one as large
 * as Nagi that takes 10 to 60 ms of a busy virtual machine, in which it does nothing else, and each page that it writes
 * afterwards costs it a fault. A shell has next to nothing to copy.
 */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
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
  readonly #gone: Promise<Error>;
  #isGone = false;
  #ranOutOfTime = false;

  constructor() {
    // In a group of its own, so that it can be ended with what it runs.
    this.#child = spawn("/bin/sh", ["-s", "nagi-programs"], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const { stdin, stdout, stderr } = this.#child;
    for (const stream of [stdout, stderr]) stream.setEncoding("utf8");
    // Its end says why.
    for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
    this.#gone = this.#whenGone();
    this.#hold(false);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Throws when the program takes too long or the shell is killed; it cannot be used again then. */
  async run(call: ProgramCall): Promise<ProgramResult> {
    this.#hold(true);
    const timer = setTimeout(() => this.#end(), call.timeoutMs);
    try {
      const { stdin, stdout, stderr } = this.#child;
      const written = Promise.all([this.#textOf(stdout), this.#textOf(stderr)]);
      stdin.write(this.#commands(call));
      const outcome = await Promise.race([written, this.#gone]);
      if (outcome instanceof Error)
        throw this.#ranOutOfTime ? new Error(`it took longer than ${call.timeoutMs} ms`) : outcome;
      const [output, errors] = outcome;
      return { output: output.text, errors: errors.text, code: output.code };
    } finally {
      clearTimeout(timer);
      this.#hold(false);
    }
  }

  async #whenGone(): Promise<Error> {
    try {
      const [code, signal] = (await once(this.#child, "exit")) as [number | null, string | null];
      return new Error(`the shell that ran it ended with ${code ?? signal}`);
    } catch (cause) {
      return new Error("cannot run a shell", { cause });
    } finally {
      this.#isGone = true;
    }
  }

  /** This process waits for a program, not for an idle shell. */
  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const each of [this.#child, stdin, stdout, stderr] as { ref?(): void; unref?(): void }[]) {
      if (on) each.ref?.();
      else each.unref?.();
    }
  }

  #end(): void {
    const { pid } = this.#child;
    this.#ranOutOfTime = true;
    if (pid !== undefined && !this.#isGone) process.kill(-pid, "SIGKILL");
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

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const withNewline = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);

/** As many shells as programs run at a time; they stay for the next ones. */
export class ProgramShells {
  readonly #shellsMax: number;
  readonly #idle: ProgramShell[] = [];
  readonly #waiting: ((shell: ProgramShell) => void)[] = [];
  #count = 0;

  constructor(shellsMax: number) {
    this.#shellsMax = shellsMax;
  }

  async run(call: ProgramCall): Promise<ProgramResult> {
    const shell = await this.#take();
    try {
      return await shell.run(call);
    } finally {
      this.#giveBack(shell);
    }
  }

  async #take(): Promise<ProgramShell> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle.isGone ? new ProgramShell() : idle;
    if (this.#count === this.#shellsMax) return await new Promise((resolve) => this.#waiting.push(resolve));
    this.#count += 1;
    return new ProgramShell();
  }

  #giveBack(shell: ProgramShell): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(shell.isGone ? new ProgramShell() : shell);
    else this.#idle.push(shell);
  }
}
