/**
 * `bench router`: requests a second through a route against a bare HAProxy with a hand-written configuration, in
 * turns on one machine: with one route and with a thousand, in front of an app on Node and in front of a server that
 * costs next to nothing, over TLS, and messages over web sockets. Beside it, HAProxy's processor time a request, what a
 * reload-free change of endpoints and the memory of the router cost. `--only http|https|websocket` runs a part. Where
 * there are two processors or more, HAProxy has one for itself, bare or not, and the load, the servers and the router's own
 * process share the others: how Linux shares them out is not what is measured. `--shared` leaves it to Linux.
 */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { FakeClient } from "../src/client/testing/fake-client.ts";
import { issueCa, issueServing } from "../src/lib/certificates/certificates.ts";
import { freePort } from "../src/lib/free-port.ts";
import { endpointSlice } from "../src/model/kinds/discovery/endpointslice/endpointslice.ts";
import { aRoute, aService, aSlice } from "../src/platform/routes/testing/route-objects.ts";
import { RouterBench, until } from "../src/platform/routes/testing/router-bench.ts";
import { pause } from "../test/harness/platform.ts";
import { atSignal } from "./platform.ts";
import { median, numberFlag, report, round, wantedParts } from "./report.ts";
import { handWritten } from "./router/hand-written.ts";
import { load, type Asked, type Protocol } from "./router/loads.ts";
import { moveTo, theOthers } from "./router/processors.ts";
import { endServers, runHaproxy, servers, type ServerName } from "./router/servers.ts";

const seconds = numberFlag("seconds", 1);
/** HAProxy's rates are of the last second, and what the router does at a high rate depends on them. */
const warmSeconds = numberFlag("warm", 1);
const repeats = numberFlag("repeats", 20);
const manyRoutes = numberFlag("routes", 1000);
const connections = numberFlag("connections", 32);
const startTries = 20;
const host = "app-0.localhost";
const processors = availableParallelism();
const isApart = processors > 1 && !process.argv.includes("--shared");
/** Processor of HAProxy. */
const own = "0";

interface Case {
  readonly protocol: Protocol;
  readonly server: ServerName;
}

const cases: readonly Case[] = [
  { protocol: "http", server: "an app on Node" },
  { protocol: "http", server: "a server that costs nothing" },
  { protocol: "https", server: "a server that costs nothing" },
  { protocol: "websocket", server: "an echo" },
];

/** One of those that are compared. */
interface Way {
  readonly port: number;
  /** Of HAProxy's that does the work. */
  readonly pid: number;
}

interface Taken {
  readonly perSecond: number;
  /** HAProxy's processor time for one request. */
  readonly cpuMicros: number;
}

async function take({ port, pid }: Way, protocol: Protocol): Promise<Taken> {
  const asked = { protocol, host, port, connections };
  await load({ ...asked, seconds: warmSeconds });
  const before = cpuMicrosOf(pid);
  const perSecond = await load({ ...asked, seconds });
  return { perSecond, cpuMicros: (cpuMicrosOf(pid) - before) / (perSecond * seconds) };
}

/** Linux counts in hundredths of a second. */
function cpuMicrosOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function makeRouter(
  routes: number,
  serverPort: number,
  protocol: Protocol,
): Promise<{ bench: RouterBench; client: FakeClient }> {
  const bench = await RouterBench.make();
  const ports = [{ name: "", port: serverPort }];
  const names = Array.from({ length: routes }, (_, index) => `app-${index}`);
  const spec = protocol === "https" ? { tls: { termination: "edge" as const } } : {};
  const client = new FakeClient({
    objects: names.flatMap((name) => [
      aRoute(name, spec),
      aService(name),
      aSlice(name, ["127.0.1.1", "127.0.1.2"], ports),
    ]),
  });
  await bench.start(client);
  return { bench, client };
}

/** HAProxy's master and its worker. */
function routerPids(bench: RouterBench): readonly [master: number, worker: number] {
  const pid = readFileSync(join(bench.dir, "router/haproxy.pid"), "utf8").split("\n")[1]?.split(" ")[0] ?? "";
  const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [Number(pid), Number(worker)];
}

/** Resident memory of HAProxy's master and worker. */
function routerMegabytes(bench: RouterBench): number {
  const kilobytes = routerPids(bench).map((each) => {
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

async function compare({ protocol, server }: Case): Promise<Record<string, string | number>> {
  const serverPort = await freePort();
  const one = await makeRouter(1, serverPort, protocol);
  const many = await makeRouter(manyRoutes, serverPort, protocol);
  const end = async (): Promise<void> => {
    endServers();
    await one.bench[Symbol.asyncDispose]();
    await many.bench[Symbol.asyncDispose]();
  };
  atSignal(end);
  try {
    servers[server](serverPort, one.bench.dir);
    const ways = {
      bare: await bareWay(one.bench.dir, { protocol, serverPort }),
      one: routerWay(one.bench, protocol),
      many: routerWay(many.bench, protocol),
    };
    for (const { port } of Object.values(ways)) await untilAnswers({ protocol, host, port, connections });
    const names = Object.keys(ways) as (keyof typeof ways)[];
    const turns: Record<keyof typeof ways, Taken>[] = [];
    for (let turn = 0; turn < repeats; turn += 1) {
      const taken = new Map<keyof typeof ways, Taken>();
      // To and fro: what slows the machine down for a while meets none of them more than another.
      for (const name of turn % 2 === 0 ? names : names.toReversed())
        taken.set(name, await take(ways[name], protocol));
      turns.push(Object.fromEntries(taken) as Record<keyof typeof ways, Taken>);
    }
    const perSecond = (way: keyof typeof ways): number =>
      Math.round(median(turns.map((each) => each[way].perSecond)));
    const ratio = (way: keyof typeof ways, to: keyof typeof ways): number =>
      round(median(turns.map((each) => each[way].perSecond / each[to].perSecond)));
    const cpu = (way: keyof typeof ways): number =>
      round(median(turns.map((each) => each[way].cpuMicros)), 1);
    return {
      protocol,
      server,
      barePerSecond: perSecond("bare"),
      oneRoutePerSecond: perSecond("one"),
      manyRoutesPerSecond: perSecond("many"),
      ratioOneRoute: ratio("one", "bare"),
      ratioManyRoutes: ratio("many", "bare"),
      ratioManyToOne: ratio("many", "one"),
      cpuMicrosBare: cpu("bare"),
      cpuMicrosOne: cpu("one"),
      megabytesOne: round(routerMegabytes(one.bench), 1),
      megabytesMany: round(routerMegabytes(many.bench), 1),
      ...(protocol === "http" ? { switchMs: round(await switchMs(many), 1) } : {}),
    };
  } finally {
    await end();
  }
}

/** Servers and HAProxy need their time to start. */
async function untilAnswers(asked: Omit<Asked, "seconds">): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await load({ ...asked, seconds: 1 });
      return;
    } catch (error) {
      if (tries === startTries) throw error;
      await pause(1000);
    }
  }
}

/** HAProxy makes as many threads as it is given processors at its start. */
async function bareWay(
  dir: string,
  { protocol, serverPort }: { readonly protocol: Protocol; readonly serverPort: number },
): Promise<Way> {
  const port = await freePort();
  let certificate: { readonly certificate?: string } = {};
  if (protocol === "https") {
    const { cert, key } = await issueServing(await issueCa(Date.now()), [host], Date.now());
    certificate = { certificate: join(dir, "bare.pem") };
    writeFileSync(join(dir, "bare.pem"), `${cert}\n${key}`);
  }
  const config = handWritten({ host, port, serverPort, ...certificate });
  return { port, pid: runHaproxy(join(dir, "bare"), config, isApart ? own : undefined) };
}

function routerWay(bench: RouterBench, protocol: Protocol): Way {
  const [master, pid] = routerPids(bench);
  if (isApart) for (const each of [master, pid]) moveTo(each, own);
  return { port: protocol === "https" ? bench.httpsPort : bench.port, pid };
}

if (spawnSync("wrk", ["-v"]).error !== undefined)
  throw new Error("bench router needs wrk, which npm run bench installs as root: apt-get install wrk");
const wanted = wantedParts(["http", "https", "websocket"]);
if (isApart) moveTo(process.pid, theOthers(processors));
const rows: Record<string, string | number>[] = [];
for (const each of cases.filter(({ protocol }) => wanted.includes(protocol))) rows.push(await compare(each));
report(
  `Requests or messages a second through a route against bare HAProxy; ${repeats} turns of ${seconds} s after ${warmSeconds} s to get warm, ${connections} connections, ${manyRoutes} routes for many; ${isApart ? "HAProxy on a processor of its own" : "processors shared by all"}`,
  rows,
  [
    "Aim: a ratio of 0.95 or more to the hand-written configuration, and of 0.9 or more for many routes to one.",
    "cpuMicros: HAProxy's processor time a request.",
  ],
);
