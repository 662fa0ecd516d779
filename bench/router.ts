/**
 * `bench router`: requests a second through a route against a bare HAProxy with a hand-written configuration, in
 * turns on one machine: with one route and with a thousand, in front of an app on Node and in front of a server that
 * costs next to nothing. Beside it, what a reload-free change of endpoints and the memory of the router cost.
 */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeClient } from "../src/client/testing/fake-client.ts";
import { endpointSlice } from "../src/model/kinds/discovery/endpointslice/endpointslice.ts";
import { aRoute, aService, aSlice } from "../src/platform/routes/testing/route-objects.ts";
import { freePort } from "../src/lib/free-port.ts";
import { ask, RouterBench, until } from "../src/platform/routes/testing/router-bench.ts";
import { atSignal } from "./platform.ts";
import { median, numberFlag, report, round } from "./report.ts";

const seconds = numberFlag("seconds", 3);
const repeats = numberFlag("repeats", 7);
const manyRoutes = numberFlag("routes", 1000);
const connections = numberFlag("connections", 32);
const host = "app-0.localhost";
const children: ChildProcess[] = [];

/** In a session of its own, as the router is: Linux shares out the processor by session. */
function run(command: string, args: readonly string[], cwd?: string): void {
  children.push(
    spawn(command, args, { stdio: "ignore", detached: true, ...(cwd === undefined ? {} : { cwd }) }),
  );
}

/**
 * A hand-written configuration for one app with two servers, as a careful person would write it: the app learns who
 * asked and how. The barest leaves that out.
 */
function bareConfig(port: number, serverPort: number, barest: boolean): string {
  const told = `  option forwardfor\n  http-request set-header X-Forwarded-Proto http\n`;
  return `global
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s
frontend http
  bind 127.0.0.1:${port}
${barest ? "" : told}  use_backend app if { hdr(host) -i ${host} }
backend app
  server one 127.0.1.1:${serverPort}
  server two 127.0.1.2:${serverPort}
`;
}

const servers: Readonly<Record<string, (port: number, dir: string) => void>> = {
  "an app on Node": (port) => {
    const code = `require("http").createServer((q, s) => s.end("hello")).listen(${port}, process.argv[1])`;
    for (const address of ["127.0.1.1", "127.0.1.2"]) run(process.execPath, ["-e", code, address]);
  },
  "a server that costs nothing": (port, dir) => {
    const file = join(dir, "fast.cfg");
    const binds = `bind 127.0.1.1:${port}\n  bind 127.0.1.2:${port}`;
    const answer = "http-request return status 200 content-type text/plain string hello";
    const timeouts = "timeout client 60s\n  timeout server 60s\n  timeout connect 5s";
    writeFileSync(file, `defaults\n  mode http\n  ${timeouts}\nfrontend fast\n  ${binds}\n  ${answer}\n`);
    run("haproxy", ["-f", file]);
  },
};

async function load(port: number): Promise<number> {
  const header = `Host: ${host}`;
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-H", header, `http://127.0.0.1:${port}/`];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.on("exit", resolve));
  const failed = /Non-2xx|Socket errors/.exec(text);
  if (failed !== null) throw new Error(`requests failed:\n${text}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
}

async function makeRouter(
  routes: number,
  serverPort: number,
): Promise<{ bench: RouterBench; client: FakeClient }> {
  const bench = await RouterBench.make();
  const ports = [{ name: "", port: serverPort }];
  const names = Array.from({ length: routes }, (_, index) => `app-${index}`);
  const client = new FakeClient({
    objects: names.flatMap((name) => [
      aRoute(name),
      aService(name),
      aSlice(name, ["127.0.1.1", "127.0.1.2"], ports),
    ]),
  });
  await bench.start(client);
  return { bench, client };
}

/** Resident memory of HAProxy's master and worker. */
function routerMegabytes(bench: RouterBench): number {
  const pid = readFileSync(join(bench.dir, "router/haproxy.pid"), "utf8").split("\n")[1]?.split(" ")[0] ?? "";
  const kids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const kilobytes = [pid, ...kids].map((each) => {
    const status = readFileSync(`/proc/${each}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** From the write of the endpoints until requests go to the new one. */
async function switchMs({ bench, client }: { bench: RouterBench; client: FakeClient }): Promise<number> {
  const port = await freePort();
  await bench.serve("127.0.1.3", port, (_request, response) => response.end("new"));
  const found = await client.get(endpointSlice, { namespace: "default", name: "app-0-1" });
  const startMs = performance.now();
  const { endpoints, ports } = aSlice("app-0", ["127.0.1.3"], [{ name: "", port }]);
  await client.update(endpointSlice, { ...found, endpoints, ports });
  await until(async () => (await bench.get(host)).body === "new");
  return performance.now() - startMs;
}

async function compare(name: string): Promise<Record<string, string | number>> {
  const serverPort = await freePort();
  const barePort = await freePort();
  const barestPort = await freePort();
  const one = await makeRouter(1, serverPort);
  const many = await makeRouter(manyRoutes, serverPort);
  const end = async (): Promise<void> => {
    for (const child of children.splice(0)) child.kill();
    await one.bench[Symbol.asyncDispose]();
    await many.bench[Symbol.asyncDispose]();
  };
  atSignal(end);
  try {
    servers[name]?.(serverPort, one.bench.dir);
    for (const [name, port] of [
      ["bare", barePort],
      ["barest", barestPort],
    ] as const) {
      mkdirSync(join(one.bench.dir, name));
      const config = bareConfig(port, serverPort, name === "barest");
      writeFileSync(join(one.bench.dir, name, "haproxy.cfg"), config);
      run("haproxy", ["-f", "haproxy.cfg"], join(one.bench.dir, name));
    }
    for (const port of [barePort, barestPort, one.bench.port, many.bench.port]) {
      await until(async () => (await ask(port, { host }).catch(() => undefined))?.status === 200);
      await load(port);
    }
    const results: { bare: number; barest: number; one: number; many: number }[] = [];
    for (let turn = 0; turn < repeats; turn += 1) {
      results.push({
        bare: await load(barePort),
        barest: await load(barestPort),
        one: await load(one.bench.port),
        many: await load(many.bench.port),
      });
    }
    return {
      server: name,
      barePerSecond: Math.round(median(results.map(({ bare }) => bare))),
      oneRoutePerSecond: Math.round(median(results.map((each) => each.one))),
      manyRoutesPerSecond: Math.round(median(results.map((each) => each.many))),
      ratioOneRoute: round(median(results.map((each) => each.one / each.bare))),
      ratioManyRoutes: round(median(results.map((each) => each.many / each.bare))),
      ratioToBarest: round(median(results.map((each) => each.one / each.barest))),
      megabytesOne: round(routerMegabytes(one.bench), 1),
      megabytesMany: round(routerMegabytes(many.bench), 1),
      switchMs: round(await switchMs(many), 1),
    };
  } finally {
    await end();
  }
}

if (spawnSync("wrk", ["-v"]).error !== undefined)
  throw new Error("bench router needs wrk, which npm run bench installs as root: apt-get install wrk");
const rows: Record<string, string | number>[] = [];
for (const name of Object.keys(servers)) rows.push(await compare(name));
report(
  `Requests a second through a route against bare HAProxy; ${repeats} turns of ${seconds} s, ${connections} connections, ${manyRoutes} routes for many`,
  rows,
  [
    "Aim: a ratio of 0.95 or more to the hand-written configuration; the barest one does not say X-Forwarded-For",
    "and X-Forwarded-Proto.",
  ],
);
