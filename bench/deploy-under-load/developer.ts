/**
 * A developer elsewhere: the commands of `nagi` are carried out in the benchmark's own process, by the code that the program
 * runs, so that no program begins and ends for them on the machine whose answers are measured.
 */

import { join } from "node:path";
import { runCli } from "../../src/cli/run-cli.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import type { Client } from "../../src/client/client.ts";
import { connectionOf } from "../../src/client/connection.ts";
import { HttpsClient } from "../../src/client/https-client.ts";
import { loadKubeconfig } from "../../src/client/kubeconfig.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createHost } from "../../src/main/host.ts";
import { deployment } from "../../src/model/kinds/apps/deployment/deployment.ts";
import { isNotFound } from "../../src/model/status.ts";
import { pause, type TestPlatform } from "../../test/harness/platform.ts";

const pollMs = 200;

export class Developer {
  readonly #platform: TestPlatform;
  readonly #client: Client;

  private constructor(platform: TestPlatform, client: Client) {
    this.#platform = platform;
    this.#client = client;
  }

  static async of(platform: TestPlatform): Promise<Developer> {
    const config = await loadKubeconfig([join(platform.dataDir, "kubeconfig")]);
    return new Developer(
      platform,
      new HttpsClient({ connection: await connectionOf(config), clock: systemClock }),
    );
  }

  /** A command that must succeed. */
  async nagi(...argv: string[]): Promise<void> {
    let said = "";
    const stream = { write: (text: string | Uint8Array) => ((said += String(text)), true) };
    const { env, dataDir } = this.#platform;
    const code = await runCli({
      argv,
      host: { ...createHost(), env, dataDir: (given) => given ?? dataDir },
      terminal: createTerminal({ out: stream, err: stream, input: noInput(), env }),
      signal: AbortSignal.timeout(10 * 60_000),
      extra: [],
    });
    if (code !== 0) throw new Error(`nagi ${argv.join(" ")} exits with ${code}: ${said}`);
  }

  /** Until web runs in one deployment again. */
  async settled(app: string): Promise<void> {
    const beside = { namespace: "default", name: `${app}-web--next` };
    for (;;) {
      const found = await this.#client.get(deployment, beside).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      if (found === undefined) return;
      await pause(pollMs);
    }
  }
}

async function* noInput(): AsyncGenerator<Uint8Array> {
  // Nobody types.
}
