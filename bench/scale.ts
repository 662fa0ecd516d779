/**
 * `bench scale`: from one web process to many until all answer over HTTP, against as many bare `podman run` of the same
 * image in parallel until all answer. In turns, each beginning every other time, on one machine, with the same engine
 * configuration. Beside it another app is asked at a steady rate through the router: quiet, and during each.
 */

import { spawn } from "node:child_process";
import { get } from "node:http";
import { join } from "node:path";
import type { Client } from "../src/client/client.ts";
import { connectionOf } from "../src/client/connection.ts";
import { HttpsClient } from "../src/client/https-client.ts";
import { Informer } from "../src/client/informer.ts";
import { loadKubeconfig } from "../src/client/kubeconfig.ts";
import { systemClock } from "../src/lib/clock.ts";
import { silentLogger } from "../src/lib/log.ts";
import { pod as podKind, type Pod } from "../src/model/kinds/core/pod/pod.ts";
import { nagiProgram, pause } from "../test/harness/platform.ts";
import { atSignal, startBenchPlatform } from "./platform.ts";
import { median, numberFlag, report, round, type Row } from "./report.ts";
import type { Counted } from "./visitors/process.ts";
import { Visitors } from "./visitors/visitors.ts";

const counts = process.argv.includes("--count") ? [numberFlag("count", 10)] : [10, 50];
/** Many take minutes a pair: fewer pairs of them. */
const repeatsOf = (count: number): number => numberFlag("repeats", count > 20 ? 3 : 5);
const port = 8080;
/** Of so many that start it is asked this often whether they answer: the asking must not be what is measured. */
const pollMsOf = (many: number): number => Math.max(10, many);
const quietMs = 3000;
/** Requests a second to the other app. */
const neighbourRate = 50;

const platform = await startBenchPlatform();
const client: Client = new HttpsClient({
  connection: await connectionOf(await loadKubeconfig([join(platform.dataDir, "kubeconfig")])),
  clock: systemClock,
});
const engineEnv = { ...process.env, CONTAINERS_CONF: join(platform.dataDir, "engine/containers.conf") };

const startMs = performance.now();
function progress(text: string): void {
  console.error(`[${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s] ${text}`);
}

let bareNames: readonly string[] = [];
atSignal(async () => void (await podman(["rm", "--force", "--ignore", "--time", "0", ...bareNames])));

function run(program: string, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(stdout.trim()) : reject(new Error(`${program} ${argv.join(" ")}: ${stderr}`)),
    );
  });
}

const podman = (argv: readonly string[]): Promise<string> => run("podman", argv, engineEnv);
const nagi = (argv: readonly string[]): Promise<string> => run(nagiProgram, argv, platform.env);

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: address, port, path: "/", agent: false, timeout: 1000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    request.on("error", () => resolve(false));
    request.on("timeout", () => request.destroy());
  });
}

/** Until each of these addresses has answered once; more may come to be known meanwhile. */
async function untilAllAnswer(many: number, addresses: () => readonly string[]): Promise<void> {
  const answered = new Set<string>();
  while (answered.size < many) {
    const waiting = addresses().filter((address) => !answered.has(address));
    const found = await Promise.all(waiting.map(answers));
    for (const [index, address] of waiting.entries()) if (found[index] === true) answered.add(address);
    if (answered.size < many) await pause(pollMsOf(many));
  }
}

/** Followed, not listed again and again, which would cost the API as much as what is measured. */
const followed = new Informer<Pod>({
  client,
  kind: podKind,
  namespace: "default",
  labelSelector: "nagi.dev/app=hello,nagi.dev/process=web",
  clock: systemClock,
  log: silentLogger,
});
const pods = (): Pod[] => followed.list().filter(({ metadata }) => metadata.deletionTimestamp === undefined);

async function scaleOnce(count: number): Promise<number> {
  const startMs = performance.now();
  await nagi(["scale", `web=${count}`, "--app", "hello", "--no-wait"]);
  await untilAllAnswer(count, () => pods().flatMap(({ status }) => status?.podIP ?? []));
  return (performance.now() - startMs) / 1000;
}

async function scaleBack(): Promise<void> {
  await nagi(["scale", "web=1", "--app", "hello"]);
  const all = ["ps", "--quiet", "--filter", "name=default-hello-web"];
  while ((await podman(all)).split("\n").length > 1) await pause(100);
}

async function bareOnce(image: string, count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `nagi-bench-${process.pid}-${index}`);
  bareNames = names;
  const startMs = performance.now();
  await Promise.all(
    names.map((name) => podman(["run", "-d", "--name", name, "--env", `PORT=${port}`, image])),
  );
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const addresses = (await podman(["inspect", "--format", format, ...names])).split("\n");
  await untilAllAnswer(count, () => addresses);
  return (performance.now() - startMs) / 1000;
}

async function removeBare(): Promise<void> {
  await podman(["rm", "--force", "--time", "0", ...bareNames]);
}

/** One of the two, with what the other app's users saw meanwhile. */
async function turn(
  name: string,
  { work, after }: { readonly work: () => Promise<number>; readonly after: () => Promise<void> },
  visitors: Visitors,
) {
  await visitors.take();
  const seconds = await work();
  const latencies = await visitors.take();
  const { p50Ms, p95Ms } = latencies;
  progress(`${name}: ${round(seconds)} s; the other app meanwhile ${round(p50Ms)}, ${round(p95Ms)} ms`);
  await after();
  await pause(quietMs);
  return { seconds, latencies };
}

async function measure(image: string, count: number, visitors: Visitors): Promise<Row> {
  const ours: Awaited<ReturnType<typeof turn>>[] = [];
  const bare: Awaited<ReturnType<typeof turn>>[] = [];
  const quiet: Counted[] = [];
  const nagiWork = { work: () => scaleOnce(count), after: scaleBack };
  const bareWork = { work: () => bareOnce(image, count), after: removeBare };
  const nagiTurn = async () => ours.push(await turn(`nagi scale web=${count}`, nagiWork, visitors));
  const bareTurn = async () => bare.push(await turn(`${count} podman run`, bareWork, visitors));
  for (let index = 0; index < repeatsOf(count); index++) {
    await visitors.take();
    await pause(quietMs);
    quiet.push(await visitors.take());
    for (const each of index % 2 === 0 ? [nagiTurn, bareTurn] : [bareTurn, nagiTurn]) await each();
  }
  const ratios = ours.map(({ seconds }, index) => seconds / (bare[index]?.seconds ?? Number.NaN));
  const p50 = (list: readonly { readonly p50Ms: number }[]): number => median(list.map(({ p50Ms }) => p50Ms));
  const p95 = (list: readonly { readonly p95Ms: number }[]): number => median(list.map(({ p95Ms }) => p95Ms));
  const [during, besideBare] = [ours, bare].map((list) => list.map(({ latencies }) => latencies));
  return {
    to: count,
    pairs: ratios.length,
    nagiSeconds: round(median(ours.map(({ seconds }) => seconds))),
    bareSeconds: round(median(bare.map(({ seconds }) => seconds))),
    ratio: round(median(ratios)),
    ratioMin: round(Math.min(...ratios)),
    ratioMax: round(Math.max(...ratios)),
    quietMs: `${round(p50(quiet))}, ${round(p95(quiet))}`,
    duringMs: `${round(p50(during ?? []))}, ${round(p95(during ?? []))}`,
    besideBareMs: `${round(p50(besideBare ?? []))}, ${round(p95(besideBare ?? []))}`,
    p50Ratio: round(p50(during ?? []) / p50(quiet)),
    p95Ratio: round(p95(during ?? []) / p95(quiet)),
    failed: [...quiet, ...(during ?? []), ...(besideBare ?? [])].reduce((sum, { failed }) => sum + failed, 0),
  };
}

try {
  for (const app of ["hello", "neighbour"]) {
    const folder = platform.repository("hello");
    platform.nagi(["create", app], { cwd: folder });
    const pushed = platform.push(folder);
    if (pushed.code !== 0) throw new Error(`the push failed:\n${pushed.stderr}`);
  }
  const ended = new AbortController();
  void followed.run(ended.signal);
  await followed.waitForSync(ended.signal);
  const image = pods()[0]?.spec.containers[0]?.image ?? "";
  const visitors = await Visitors.start({
    port: platform.httpPort,
    host: "neighbour.localhost",
    rate: neighbourRate,
  });
  const rows: Row[] = [];
  for (const count of counts) rows.push(await measure(image, count, visitors));
  await visitors.end();
  ended.abort();
  report(
    `web=1 to N until all answer, against N bare podman run in parallel, in pairs; and another app's latency (p50, p95)`,
    rows,
    [
      "aim: ratio <= 1.2, p50Ratio and p95Ratio <= 1.3. Nagi's time has the command itself in it.",
      "besideBareMs: what the same app's users see while podman run does it.",
    ],
  );
} finally {
  platform.stop();
}
