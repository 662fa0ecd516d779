/** Asking an app until it answers with a text. */

import { Agent, get } from "node:http";
import { pause } from "../../test/harness/platform.ts";

const pollMs = 10;
const timeoutMs = 300_000;

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Value of the header Host. */
  readonly name: string;
}

/** Asking must cost little: it goes on while Nagi builds, on the same processors. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function bodyOf({ host, port, name }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host, port, path: "/", headers: { host: name }, agent, timeout: 1000 };
    const request = get(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    request.on("error", () => resolve(undefined));
  });
}

export async function untilAnswers(address: Address, wanted: string): Promise<void> {
  const startMs = performance.now();
  while ((await bodyOf(address))?.includes(wanted) !== true) {
    if (performance.now() - startMs > timeoutMs) throw new Error(`${wanted} is not answered`);
    await pause(pollMs);
  }
}
