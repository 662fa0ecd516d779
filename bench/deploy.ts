/**
 * `bench deploy`: `git push` until the new version answers, against the bare engine: `podman build` of the same
 * Containerfile and context, `podman run`, answer. In turn, on one machine. Warm: a one-line change with layers and
 * packages cached on both sides. Cold: no layers and no packages on either. Then what a one-line change sends, and
 * ten apps that are pushed at once. `--only one-line|examples|at-once` runs a part, `--example NAME` one of the examples.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pause, root } from "../test/harness/platform.ts";
import { BareBuild, writeServer } from "./deploy/bare-build.ts";
import { PushedApp, type Editable } from "./deploy/pushed-app.ts";
import { atSignal, startBenchPlatform } from "./platform.ts";
import { median, numberFlag, report, round, wantedParts } from "./report.ts";

const repeats = numberFlag("repeats", 7);
const wanted = wantedParts(["one-line", "examples", "at-once"]);
const atOnce = numberFlag("at-once", 10);
const restMs = 1000;

const examples: Readonly<Record<string, Editable>> = {
  nodejs: { file: "page.mustache", text: "A Node.js app with" },
  static: { file: "index.html", text: "Files in a repository" },
  "python-flask": { file: "app.py", text: "Hello from Python" },
};

const platform = await startBenchPlatform();

function helloApp(name: string): PushedApp {
  const folder = platform.repository("hello");
  writeServer(folder, "version none");
  return new PushedApp(platform, name, folder, { file: "server.js", text: "version none" });
}

async function measureOneLine(): Promise<void> {
  const app = helloApp("hello");
  app.commit("version first");
  await app.push();
  const bare = await BareBuild.of(app);
  atSignal(() => bare.remove());
  await bare.write();
  await bare.run("version first");
  const ours: number[] = [];
  const theirs: number[] = [];
  const sent: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    app.commit(`version ${turn}.`);
    const { seconds, sentBytes } = await app.push();
    ours.push(seconds);
    sent.push(sentBytes);
    await pause(restMs);
    await bare.write();
    theirs.push(await bare.run(`version ${turn}.`));
  }
  bare.remove();
  const ratios = ours.map((seconds, index) => seconds / (theirs[index] ?? Number.NaN));
  app.deploy();
  app.change("version sent");
  const row = {
    nagiSeconds: round(median(ours)),
    bareSeconds: round(median(theirs)),
    ratio: round(median(ratios)),
    ratioMin: round(Math.min(...ratios)),
    ratioMax: round(Math.max(...ratios)),
    pushBytes: median(sent),
    deployDirBytes: app.deploy(),
  };
  report(
    `git push of a one-line change until it answers, against the bare engine; ${repeats} pairs`,
    [row],
    ["aim: ratio <= 1.3; bytes: what a one-line change sends, by git push and by nagi deploy --dir"],
  );
}

async function measureExamples(): Promise<void> {
  const present = readdirSync(join(root, "examples"));
  const rows = [];
  for (const [example, editable] of Object.entries(examples)) {
    const isAsked = !process.argv.includes("--example") || process.argv.includes(example);
    if (isAsked && present.includes(example)) rows.push(await measureExample(example, editable));
  }
  report("examples: cold and warm pushes against the bare engine's build, run, answer", rows, [
    "aim: warm ratio <= 1.2",
  ]);
}

async function measureExample(example: string, editable: Editable) {
  // A new name has no package cache from an earlier run.
  const app = new PushedApp(platform, `${example}-${process.pid}`, platform.repository(example), editable);
  app.commit(`${example} cold`);
  const cold = await app.push(["-o", "no-cache"]);
  const bare = await BareBuild.of(app);
  atSignal(() => bare.remove());
  await bare.write();
  const bareCold = await bare.run(`${example} cold`, ["--no-cache"]);
  // Layers of both: what is changed next finds them.
  app.commit(`${example} first`);
  await app.push();
  await bare.write();
  await bare.run(`${example} first`);
  const ours: number[] = [];
  const theirs: number[] = [];
  const sent: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    await pause(restMs);
    app.commit(`${example} ${turn}.`);
    const { seconds, sentBytes } = await app.push();
    ours.push(seconds);
    sent.push(sentBytes);
    await pause(restMs);
    await bare.write();
    theirs.push(await bare.run(`${example} ${turn}.`));
  }
  bare.remove();
  return {
    example,
    coldSeconds: round(cold.seconds),
    bareColdSeconds: round(bareCold),
    coldRatio: round(cold.seconds / bareCold),
    warmSeconds: round(median(ours)),
    bareWarmSeconds: round(median(theirs)),
    warmRatio: round(median(ours.map((seconds, index) => seconds / (theirs[index] ?? Number.NaN)))),
    pushBytes: median(sent),
  };
}

/** Apps that are there and get a one-line change each, all in one moment. */
async function measureAtOnce(): Promise<void> {
  const apps = Array.from({ length: atOnce }, (_, index) => helloApp(`at-once-${index}`));
  for (const app of apps) {
    app.commit("version first");
    await app.push();
  }
  const alone: number[] = [];
  for (const app of apps.slice(0, 3)) {
    app.commit("version alone");
    alone.push((await app.push()).seconds);
  }
  for (const app of apps) app.commit("version together");
  const startMs = performance.now();
  const seconds = (await Promise.all(apps.map((app) => app.push()))).map((pushed) => pushed.seconds);
  const wallSeconds = (performance.now() - startMs) / 1000;
  const row = {
    pushes: atOnce,
    firstSeconds: round(Math.min(...seconds)),
    medianSeconds: round(median(seconds)),
    lastSeconds: round(Math.max(...seconds)),
    wallSeconds: round(wallSeconds),
    oneAloneSeconds: round(median(alone)),
    againstOneAfterTheOther: round(wallSeconds / (median(alone) * atOnce)),
  };
  report(`${atOnce} apps pushed at once, until each answers anew`, [row]);
}

try {
  if (wanted.includes("one-line")) await measureOneLine();
  if (wanted.includes("examples")) await measureExamples();
  if (wanted.includes("at-once")) await measureAtOnce();
} finally {
  platform.stop();
}
