/** Output: colour and moving lines only on a terminal, plain text elsewhere. */

import type { Terminal } from "./command.ts";

interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string | Uint8Array): boolean;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

interface Input extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
}

export interface TerminalOptions {
  readonly out: Stream;
  readonly err: Stream;
  readonly input: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const spinnerFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const spinnerMs = 100;

/** The moving line of a terminal. */
class Spinner {
  readonly #err: Stream;
  #text = "";
  #frame = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(err: Stream) {
    this.#err = err;
  }

  show(text: string): void {
    this.#text = text;
    this.#timer ??= setInterval(() => this.#draw(), spinnerMs).unref();
    this.#draw();
  }

  clear(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#err.write("\r\u001b[K");
  }

  #draw(): void {
    const frame = spinnerFrames[this.#frame++ % spinnerFrames.length] ?? "";
    this.#err.write(`\r\u001b[K${frame} ${this.#text}`);
  }
}

export function createTerminal({ out, err, input, env }: TerminalOptions): Terminal {
  const isTty = out.isTTY === true;
  const spinner = new Spinner(err);
  let lastPlain = "";
  return {
    isTty,
    isInteractive: isTty && input.isTTY === true,
    colour: isTty && env["NO_COLOR"] === undefined && env["TERM"] !== "dumb",
    columns: out.columns ?? 100,
    write(text) {
      spinner.clear();
      out.write(text);
    },
    print(line = "") {
      spinner.clear();
      out.write(`${line}\n`);
    },
    note(line) {
      spinner.clear();
      err.write(`${line}\n`);
    },
    progress(text) {
      if (err.isTTY === true) spinner.show(text);
      else if (text !== lastPlain) err.write(`${text}\n`);
      lastPlain = text;
    },
    progressDone(text) {
      spinner.clear();
      if (text !== undefined) err.write(`${text}\n`);
    },
    readInput: async () => (await readAll(input)).toString("utf8"),
    readInputBytes: () => readAll(input),
    writeError(data) {
      spinner.clear();
      err.write(data);
    },
    async *input() {
      for await (const chunk of input) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    },
    raw() {
      input.setRawMode?.(true);
      return () => void input.setRawMode?.(false);
    },
    size: () => ({ columns: out.columns ?? 80, rows: out.rows ?? 24 }),
    onResize(listener) {
      out.on?.("resize", listener);
      return () => void out.off?.("resize", listener);
    },
  };
}

async function readAll(input: TerminalOptions["input"]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export function paint(terminal: Terminal, style: keyof typeof codes, text: string): string {
  return terminal.colour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
