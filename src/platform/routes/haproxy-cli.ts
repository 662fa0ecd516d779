/**
 * HAProxy's command line on the master's socket: the way to every worker, also to those that a reload has left
 * to finish what they have. They must hear of endpoints too, for they go on serving their connections.
 */

import { createConnection } from "node:net";

const answerTimeoutMs = 5000;
const answerMaxBytes = 16 * 1024 * 1024;

export interface WorkerProcess {
  readonly pid: number;
  /** How many reloads it has seen: 0 is the one that takes new connections. */
  readonly reloads: number;
}

export interface MasterState {
  readonly failedReloads: number;
  /** The newest first. */
  readonly workers: readonly WorkerProcess[];
}

export class HaproxyCli {
  readonly #socketPath: () => Promise<string>;

  /** The path is asked for each time: it may follow the process. */
  constructor(socketPath: () => Promise<string>) {
    this.#socketPath = socketPath;
  }

  async masterState(): Promise<MasterState> {
    return parseProcesses(await this.#ask("show proc;quit\n"));
  }

  /** Starts a reload; `masterState` tells how it ended. */
  async reload(): Promise<void> {
    await this.#ask("reload;quit\n");
  }

  /** Runs commands on one worker and gives their answers, in order. */
  async onWorker(pid: number, commands: readonly string[]): Promise<readonly string[]> {
    if (commands.length === 0) return [];
    const prompt = `${pid}> `;
    const input = ["prompt", `@!${pid}`, ...commands].map((line) => `${line}\n`).join("");
    const complete = (text: string): boolean => text.split(prompt).length >= commands.length + 2;
    const text = await this.#ask(input, complete);
    const answers = text.split(prompt).slice(1, commands.length + 1);
    if (answers.length < commands.length) {
      throw new Error(
        `cannot reach haproxy worker ${pid}: it answered ${JSON.stringify(text.slice(0, 200))}`,
      );
    }
    return answers.map((answer) => answer.trim());
  }

  /** The answer of one worker to one command, as bytes. */
  dump(pid: number, command: string): Promise<Buffer> {
    return this.#bytes(`@!${pid} ${command};quit\n`);
  }

  async #ask(input: string, complete?: (text: string) => boolean): Promise<string> {
    return (await this.#bytes(input, complete)).toString("utf8");
  }

  /** The answer: all until the other side hangs up, or until it is complete. */
  async #bytes(input: string, complete?: (text: string) => boolean): Promise<Buffer> {
    const path = await this.#socketPath();
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (error?: Error): void => {
        socket.destroy();
        if (error === undefined) resolve(Buffer.concat(chunks));
        else reject(new Error(`cannot talk to haproxy: ${error.message}`, { cause: error }));
      };
      socket.setTimeout(answerTimeoutMs, () => finish(new Error("it does not answer")));
      socket.on("error", finish);
      socket.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > answerMaxBytes) finish(new Error("the answer is too long"));
        else if (complete?.(Buffer.concat(chunks).toString("utf8")) === true) finish();
      });
      socket.on("end", () => finish());
      socket.write(input);
    });
  }
}

/**
 * A word of a command: spaces and what the command line treats as special are escaped, `<<` included, after which it takes all
 * that follows for data. The end of a line, which cannot be escaped, becomes a space.
 */
export function cliWord(text: string): string {
  return text.replace(/[\r\n\0]/g, " ").replace(/[\\\s;<]/g, (character) => `\\${character}`);
}

/** `show proc`: a line of the master, then the workers, then those that finish. */
function parseProcesses(text: string): MasterState {
  const rows = text.split("\n").map((line) => line.trim().split(/\s{2,}|\t+/));
  const failed = /\[failed: (\d+)\]/.exec(text)?.[1];
  const workers = rows
    .filter(([, type]) => type === "worker")
    .map(([pid, , reloads]) => ({ pid: Number(pid), reloads: Number(reloads) }));
  return {
    failedReloads: Number(failed ?? 0),
    workers: workers.toSorted((a, b) => a.reloads - b.reloads || b.pid - a.pid),
  };
}
