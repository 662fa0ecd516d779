/**
 * Watchers in a process of their own, that count lines and do nothing else, so that what the server spends can be
 * told from what clients spend. Reads `{ port, token, ca, path, watchers, lines }` from stdin; prints "ready" when all
 * watch and "done" when each has seen so many lines.
 */

import { Agent, get } from "node:https";
import { text } from "node:stream/consumers";

interface Job {
  readonly port: number;
  readonly token: string;
  readonly ca: string;
  readonly path: string;
  readonly watchers: number;
  readonly lines: number;
}

const lineFeed = 10;
const job = JSON.parse(await text(process.stdin)) as Job;
const agent = new Agent({ ca: job.ca, maxSockets: Infinity });

function watch(onReady: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { authorization: `Bearer ${job.token}` };
  const request = get({ host: "127.0.0.1", port: job.port, path: job.path, agent, headers }, (response) => {
    onReady();
    let seen = 0;
    response.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) seen += 1;
      if (seen < job.lines) return;
      resolve();
      request.destroy();
    });
    response.on("error", () => resolve());
  });
  request.on("error", reject);
  return promise;
}

let ready = 0;
const watching = Array.from({ length: job.watchers }, () =>
  watch(() => {
    if (++ready === job.watchers) console.log("ready");
  }),
);
await Promise.all(watching);
console.log("done");
agent.destroy();
