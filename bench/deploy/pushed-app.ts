/** An app on the platform, and its repository: pushed and timed until it answers. */

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestPlatform } from "../../test/harness/platform.ts";
import { untilAnswers, type Address } from "./answers.ts";

/** Where an app says what it answers. */
export interface Editable {
  readonly file: string;
  /** A text of the file; it is replaced by another at each change. */
  readonly text: string;
}

export interface Pushed {
  readonly seconds: number;
  /** What git sent, in bytes, packed. */
  readonly sentBytes: number;
}

export class PushedApp {
  readonly platform: TestPlatform;
  readonly name: string;
  readonly folder: string;
  readonly #editable: Editable;
  #said: string;

  constructor(platform: TestPlatform, name: string, folder: string, editable: Editable) {
    this.platform = platform;
    this.name = name;
    this.folder = folder;
    this.#editable = editable;
    this.#said = editable.text;
    platform.nagi(["create", name], { cwd: folder });
  }

  get address(): Address {
    const port = this.platform.httpPort;
    return { host: "127.0.0.1", port, name: `${this.name}.localhost:${port}` };
  }

  /** Changes one line. */
  change(text: string): void {
    const file = join(this.folder, this.#editable.file);
    writeFileSync(file, readFileSync(file, "utf8").replace(this.#said, text));
    this.#said = text;
  }

  commit(text: string): void {
    this.change(text);
    this.platform.commit(this.folder, {});
  }

  /** From the push's first moment to the new version's first answer; the push itself must succeed too. */
  async push(options: readonly string[] = []): Promise<Pushed> {
    const argv = ["push", "--progress", ...options, "nagi", "main"];
    const startMs = performance.now();
    const child = spawn("git", argv, { cwd: this.folder, env: this.platform.env });
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const complete = ended.then((code) => {
      if (code === 0) return;
      throw new Error(`the push of ${this.name} failed: ${output}`);
    });
    const answered = async (): Promise<number> => {
      await untilAnswers(this.address, this.#said);
      return (performance.now() - startMs) / 1000;
    };
    // A push that fails ends the wait.
    const [seconds] = await Promise.all([answered(), complete]);
    return { seconds, sentBytes: bytesIn(/Writing objects: 100% .*?, ([\d.]+) (\w+)/.exec(output)) };
  }

  /** The same change by `nagi deploy --dir`; bytes that it sent. */
  deploy(): number {
    const output = this.platform.nagi(["deploy", "--app", this.name, "--dir", this.folder]);
    return bytesIn(/sent ([\d.]+) (\w+)/.exec(output));
  }
}

const units: Readonly<Record<string, number>> = { bytes: 1, KiB: 1024, MiB: 1024 ** 2 };

function bytesIn(match: RegExpExecArray | null): number {
  return Math.round(Number(match?.[1]) * (units[match?.[2] ?? ""] ?? Number.NaN));
}
