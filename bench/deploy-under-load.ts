/**
 * `bench deploy-under-load`: what a visitor notices of a deploy. A generator in a process of its own asks an app of two
 * instances at a constant rate; a quiet time, then a release each half a minute, by each strategy. Counted are requests
 * that failed, and how long 99 of 100 took, quiet and meanwhile. A release is made by a config var, which starts all
 * instances anew; `--push` makes it by a push with its build. `--rate 600 --quiet 45 --duration 90 --every 30` (seconds); with
 * `--every 0` one release follows the other; `--only rolling|blue-green|canary` measures one strategy.
 */

import { execFile } from "node:child_process";
import { loadavg } from "node:os";
import { nagiProgram, pause } from "../test/harness/platform.ts";
import { startBenchPlatform } from "./platform.ts";
import { numberFlag, report, round, wantedParts, type Row } from "./report.ts";
import { Visitors } from "./visitors/visitors.ts";

const rate = numberFlag("rate", 600);
const quietSeconds = numberFlag("quiet", 45);
const durationSeconds = numberFlag("duration", 90);
const everySeconds = numberFlag("every", 30);
const wanted = wantedParts(["rolling", "blue-green", "canary"]);
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
const folder = platform.repository("hello");
let releases = 0;

/** A developer is elsewhere too: the commands have a session of their own, which leaves the processors to the server. */
const elsewhere = ["--wait", "sh", "-c", 'echo 19 > /proc/self/autogroup; exec nice -n 19 "$@"', "sh"];

function run(program: string, argv: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      "setsid",
      [...elsewhere, program, ...argv],
      { cwd: folder, env: platform.env },
      (error, stdout, stderr) =>
        error === null ? resolve() : reject(new Error(`${program} ${argv.join(" ")}: ${stdout}${stderr}`)),
    );
  });
}

const nagi = (...argv: string[]): Promise<void> => run(nagiProgram, argv);

async function release(): Promise<void> {
  releases += 1;
  if (!byPush) return await nagi("config", "set", "--app", app, `TURN=${releases}`);
  platform.commit(folder, { "turn.txt": `${releases}\n` });
  await run("git", ["push", "nagi", "main"]);
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
      await nagi("cutover", app);
      await nagi("deploys", "finish", app);
      await settled();
    },
  },
  {
    name: "canary",
    // What is counted here is what visitors notice: a slow moment must not end it.
    options: ["--steps", canarySteps.join(","), "--interval", `${interval}s`],
    async deploy() {
      await release();
      await settled();
    },
  },
];

/** Nothing runs beside any more. */
async function settled(): Promise<void> {
  await run("kubectl", ["wait", "--for=delete", `deployment/${app}-web--next`, "--timeout=5m"]);
}

async function measure({ name, options, deploy }: Strategy, visitors: Visitors): Promise<Row> {
  await nagi("deploys", "strategy", app, name, ...options);
  await pause(2000);
  await visitors.take();
  progress(`${name}: quiet for ${quietSeconds} s at ${rate} requests a second`);
  await pause(quietSeconds * 1000);
  const quiet = await visitors.take();
  const fromMs = performance.now();
  let deploys = 0;
  do {
    const beganMs = performance.now();
    deploys += 1;
    await deploy();
    progress(`${name}: deploy ${deploys} is done`);
    await pause(Math.max(0, beganMs + everySeconds * 1000 - performance.now()));
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

try {
  progress("the first release");
  platform.commit(folder, { "server.js": server });
  platform.nagi(["create", app], { cwd: folder });
  await run("git", ["push", "nagi", "main"]);
  await nagi("scale", `web=${instances}`, "--app", app);
  const visitors = await Visitors.start({ port: platform.httpPort, host: `${app}.localhost`, rate });
  const rows: Row[] = [];
  for (const strategy of strategies) {
    if (wanted.includes(strategy.name)) rows.push(await measure(strategy, visitors));
  }
  await visitors.end();
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
