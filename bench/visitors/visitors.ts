/**
 * Those who ask an app over HTTP while something else is measured. They stand for people elsewhere: their process goes before all
 * others (where that is permitted), so that what is told is what the machine took to answer, not what its own load held up in them.
 */

import { execFile, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { atSignal } from "../platform.ts";
import type { Counted } from "./process.ts";

export interface Visited {
  readonly port: number;
  readonly host: string;
  /** Requests a second. */
  readonly rate: number;
}

export class Visitors {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start({ port, host, rate }: Visited): Promise<Visitors> {
    const program = fileURLToPath(new URL("process.ts", import.meta.url));
    const child = fork(program, [`${port}`, host, `${rate}`], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    atSignal(() => void child.kill());
    await once(child, "spawn");
    await promisify(execFile)("chrt", ["--all-tasks", "--fifo", "--pid", "1", `${child.pid}`]).catch(
      (error: Error) => console.error(`those who ask wait their turn like all others: ${error.message}`),
    );
    return new Visitors(child);
  }

  /** What they saw since the last time; answers that are still to come are waited for. */
  take(): Promise<Counted> {
    return this.#tell("window");
  }

  async end(): Promise<void> {
    await this.#tell("end");
  }

  async #tell(message: "window" | "end"): Promise<Counted> {
    this.#child.send(message);
    const [counted] = (await once(this.#child, "message")) as [Counted];
    return counted;
  }
}
