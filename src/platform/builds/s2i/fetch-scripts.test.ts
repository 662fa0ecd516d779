/** A real server on this machine; the guard against those is network/guard.test.ts. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildFailure } from "../failure.ts";
import type { Work } from "../work.ts";
import { fetchScripts } from "./fetch-scripts.ts";

let server: Server;
let base: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (url.startsWith("/big/")) response.end("x".repeat(1024 ** 2 + 1));
    else if (url.startsWith("/closed/")) response.writeHead(403).end();
    else if (url === "/s2i/run") response.writeHead(404).end();
    else response.end(`#!/bin/sh\necho ${url}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const lines: string[] = [];
function fetched(path: string, incremental = false): Promise<ReadonlyMap<string, string>> {
  const options = { host: () => Promise.resolve({ ca: "", proxies: {} }) };
  const log = { line: (line: string) => lines.push(line) };
  const work = { options, log, signal: new AbortController().signal } as unknown as Work;
  return fetchScripts(work, { url: `${base}${path}`, incremental });
}

it("fetches the scripts that are there", async () => {
  expect(await fetched("/s2i/")).toEqual(new Map([["assemble", "#!/bin/sh\necho /s2i/assemble\n"]]));
  expect(asked).toEqual(["/s2i/assemble", "/s2i/run"]);
  expect([...(await fetched("/other", true)).keys()]).toEqual(["assemble", "run", "save-artifacts"]);
  expect(lines).toContain(`-----> Fetching scripts from ${base}/other`);
});

it.each([
  ["/closed", "/closed/assemble: the server answers 403 Forbidden"],
  ["/big", "/big/assemble: it is larger than 1 MiB"],
])("says which cannot be had: %s", async (path, message) => {
  await expect(fetched(path)).rejects.toThrow(message);
  await expect(fetched(path)).rejects.toThrow(BuildFailure);
});
