/** A loopback port that nobody listens on and that the kernel gives to nobody by itself. */

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the range that outgoing connections take their ports from: a port found here is still free later. */
const range = { first: 20_000, end: 32_000 } as const;
const attemptsMax = 100;

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = randomInt(range.first, range.end);
    if (await isFree(port)) return port;
  }
  throw new Error(`cannot find a free port from ${range.first} to ${range.end}`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
