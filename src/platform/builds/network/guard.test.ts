/** Real servers on this machine, of which one stands for the outside as a proxy that the settings name. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { download } from "./download.ts";
import { guardOf } from "./guard.ts";
import { ownAddresses } from "./own-addresses.ts";

let dir: string;
const servers: Server[] = [];
let own: number;
let proxy: number;
let asked: string[] = [];

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-guard-"));
  own = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.end("secret");
  });
  proxy = await serve((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://proxy.test");
    if (pathname === "/moved") response.writeHead(302, { location: `http://127.0.0.1:${own}/x` }).end();
    else if (pathname === "/named") response.writeHead(302, { location: `http://localhost:${own}/x` }).end();
    else response.writeHead(200, { "last-modified": "Thu, 26 Nov 2026 10:00:00 GMT" }).end("outside");
  });
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true });
});

async function fetched(url: string): Promise<{ readonly text: string; readonly modified: Date | undefined }> {
  const proxies = { http_proxy: `http://127.0.0.1:${proxy}`, no_proxy: "127.0.0.1,localhost" };
  const guard = guardOf({
    own: ownAddresses(["10.96.0.0/12", "fd00::/64"], []),
    named: [{ host: "127.0.0.1", port: proxy }],
  });
  const file = join(dir, "file");
  const signal = AbortSignal.timeout(60_000);
  const { modified } = await download(url, file, { host: { ca: "", proxies }, guard, signal, maxBytes: 100 });
  return { text: readFileSync(file, "utf8"), modified };
}

describe("what is fetched for a build", () => {
  it("comes from the outside, by a proxy on this machine that the settings name", async () => {
    expect(await fetched("http://b.invalid/x")).toEqual({
      text: "outside",
      modified: new Date("2026-11-26T10:00:00Z"),
    });
    expect((await fetched(`http://127.0.0.1:${proxy}/x`)).text).toBe("outside");
  });

  it.each([
    "http://127.0.0.1:OWN/x",
    "http://2130706433:OWN/x",
    "http://localhost:OWN/x",
    "http://a.localhost:OWN/x",
    "http://[::1]:OWN/x",
    "http://[::ffff:127.0.0.1]:OWN/x",
    "http://10.97.1.1/x",
    "http://[fd00::5]/x",
    "http://169.254.169.254/x",
  ])("is not of this machine: %s", async (url) => {
    asked = [];
    await expect(fetched(url.replace("OWN", String(own)))).rejects.toThrow(
      "it is of this machine or of a container",
    );
    expect(asked).toEqual([]);
  });

  it.each(["moved", "named"])("is not of this machine when a server leads there: %s", async (path) => {
    asked = [];
    await expect(fetched(`http://b.invalid/${path}`)).rejects.toThrow(
      /it leads to http:\/\/\S+\/x: it is of this machine/,
    );
    expect(asked).toEqual([]);
  });

  it("is looked at again when it is connected to", async () => {
    const { lookup } = guardOf({ own: ownAddresses([], []), named: [] });
    const told = await new Promise((resolve) => lookup("localhost", {}, (error) => resolve(error?.message)));
    expect(told).toContain("of this machine");
  });
});
