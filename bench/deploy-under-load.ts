/**
 * `bench deploy-under-load`: what a visitor notices of a deploy. A generator in a process of its own asks an app of two
 * instances at a constant rate; a quiet time, then releases one after the other, by each strategy. Counted are requests
 * that failed, and how long 99 of 100 took, quiet and meanwhile. A release is made by a config var, which starts all
 * instances anew; `--push` makes it by a push with its build. Beside it the same image, deployed by a script with `podman run`
 * and a bare HAProxy. `--rate 600 --quiet 15 --duration 30` (seconds); `--only rolling|blue-green|canary|by-hand` measures one.
 */

import { execFile } from "node:child_process";
import { loadavg } from "node:os";
import { join } from "node:path";
import { pause } from "../test/harness/platform.ts";
import { DeployedByHand } from "./deploy-under-load/by-hand.ts";
import { Developer } from "./deploy-under-load/developer.ts";
import { startBenchPlatform } from "./platform.ts";
import { numberFlag, report, round, wantedParts, type Row } from "./report.ts";
import { Visitors } from "./visitors/visitors.ts";

const rate = numberFlag("rate", 600);
const quietSeconds = numberFlag("quiet", 15);
const durationSeconds = numberFlag("duration", 30);
const wanted = wantedParts(["rolling", "blue-green", "canary", "by-hand"]);
const byPush = process.argv.includes("--push");
const app = "hello";
const instances = 2;
const canarySteps = [10, 50];

const server = `import { createServer } from "node:http";
const server = createServer((request, response) => response.end(\`hello from \${process.env.NAGI_RELEASE}\`));
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

const startMs = performance.now();
function progress(text: string): void {
  console.error(`[${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s] ${text}`);
}

const platform = await startBenchPlatform();
const developer = await Developer.of(platform);
const folder = platform.repository("hello");
let releases = 0;

function gitPush(): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile("git", ["push", "nagi", "main"], { cwd: folder, env: platform.env }, (error, stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`git push: ${stdout}${stderr}`)),
    );
  });
}

async function release(): Promise<void> {
  releases += 1;
  if (!byPush) return await developer.nagi("config", "set", "--app", app, `TURN=${releases}`);
  platform.commit(folder, { "turn.txt": `${releases}\n` });
  await gitPush();
}

interface Strategy {
  readonly name: (typeof wanted)[number];
  readonly options: readonly string[];
  /** One deploy, until the new release has all requests. */
  readonly deploy: () => Promise<void>;
}

const interval = Math.max(10, Math.round(durationSeconds / (canarySteps.length + 1)));
const strategies: readonly Strategy[] = [
  { name: "rolling", options: [], deploy: release },
  {
    name: "blue-green",
    options: [],
    async deploy() {
      await release();
      await developer.nagi("cutover", app);
      await developer.nagi("deploys", "finish", app);
      await developer.settled(app);
    },
  },
  {
    name: "canary",
    // What is counted here is what visitors notice: a slow moment must not end it.
    options: ["--steps", canarySteps.join(","), "--interval", `${interval}s`],
    async deploy() {
      await release();
      await developer.settled(app);
    },
  },
];

async function measure({ name, deploy }: Omit<Strategy, "options">, visitors: Visitors): Promise<Row> {
  await pause(2000);
  await visitors.take();
  progress(`${name}: quiet for ${quietSeconds} s at ${rate} requests a second`);
  await pause(quietSeconds * 1000);
  const quiet = await visitors.take();
  const fromMs = performance.now();
  let deploys = 0;
  do {
    deploys += 1;
    await deploy();
    progress(`${name}: deploy ${deploys} is done`);
  } while (performance.now() - fromMs < durationSeconds * 1000);
  // The old instances end after the new ones have taken over.
  await pause(3000);
  const meanwhile = await visitors.take();
  progress(
    `${name}: ${quiet.requests + meanwhile.requests} requests, ${quiet.failed + meanwhile.failed} failed; load ${loadavg()[0]?.toFixed(1)}`,
  );
  for (const failure of [...quiet.failures, ...meanwhile.failures]) progress(`  failed: ${failure}`);
  return {
    strategy: name,
    deploys,
    requests: quiet.requests + meanwhile.requests,
    failed: quiet.failed + meanwhile.failed,
    quietP50Ms: round(quiet.p50Ms),
    quietP99Ms: round(quiet.p99Ms),
    p50Ms: round(meanwhile.p50Ms),
    p99Ms: round(meanwhile.p99Ms),
    maxMs: round(meanwhile.maxMs),
    ratioP99: round(meanwhile.p99Ms / quiet.p99Ms),
  };
}

/** The app on the platform rests meanwhile. */
async function measureByHand(): Promise<Row> {
  const path = "jsonpath={.items[0].spec.containers[0].image}";
  const image = platform.kubectl(["get", "pods", "-l", `nagi.dev/app=${app}`, "-o", path]);
  await developer.nagi("stop", "--app", app);
  const env = { ...process.env, CONTAINERS_CONF: join(platform.dataDir, "engine/containers.conf") };
  const byHand = await DeployedByHand.start({
    image,
    instances,
    dir: join(platform.dataDir, "by-hand"),
    env,
  });
  try {
    const visitors = await Visitors.start({ port: byHand.port, host: "127.0.0.1", rate });
    const row = await measure({ name: "by-hand", deploy: () => byHand.deploy() }, visitors);
    await visitors.end();
    return row;
  } finally {
    await byHand.end();
  }
}

try {
  progress("the first release");
  platform.commit(folder, { "server.js": server });
  platform.nagi(["create", app], { cwd: folder });
  await gitPush();
  await developer.nagi("scale", `web=${instances}`, "--app", app);
  const visitors = await Visitors.start({ port: platform.httpPort, host: `${app}.localhost`, rate });
  const rows: Row[] = [];
  for (const strategy of strategies) {
    if (!wanted.includes(strategy.name)) continue;
    await developer.nagi("deploys", "strategy", app, strategy.name, ...strategy.options);
    rows.push(await measure(strategy, visitors));
  }
  await visitors.end();
  if (wanted.includes("by-hand")) rows.push(await measureByHand());
  const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0);
  report(
    `deploys of ${instances} instances at ${rate} requests a second, by ${byPush ? "git push" : "config vars"}`,
    rows,
    [
      `${sum("requests")} requests, ${sum("failed")} failed; aim: none of at least 50,000, ratio of p99 <= 1.5`,
    ],
  );
  if (sum("failed") > 0) process.exitCode = 1;
} finally {
  platform.stop();
}
