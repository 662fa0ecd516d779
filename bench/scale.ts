/**
 * `bench scale`: from one web process to ten until all ten answer over HTTP, against ten bare `podman run` of the same
 * image in parallel until all answer. Both in turn, on one machine, with the same engine configuration.
 */

import { spawn, spawnSync } from "node:child_process";
import { get } from "node:http";
import { join } from "node:path";
import { pause, until } from "../test/harness/platform.ts";
import { atSignal, startBenchPlatform } from "./platform.ts";
import { median, numberFlag, report, round } from "./report.ts";

const count = numberFlag("count", 10);
const repeats = numberFlag("repeats", 5);
const port = 8080;
const pollMs = 10;

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
    readonly status?: { readonly podIP?: string };
  }[];
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: address, port, path: "/", agent: false, timeout: 1000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    request.on("error", () => resolve(false));
  });
}

const platform = await startBenchPlatform();
const engineEnv = { ...process.env, CONTAINERS_CONF: join(platform.dataDir, "engine/containers.conf") };

let bareNames: readonly string[] = [];
atSignal(() => void podman(["rm", "--force", "--ignore", "--time", "0", ...bareNames]));

function podman(argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("podman", argv, { env: engineEnv, encoding: "utf8" });
  if (status !== 0) throw new Error(`podman ${argv.join(" ")}: ${stderr}`);
  return stdout.trim();
}

function pods(): PodList["items"] {
  const text = platform.kubectl([
    "get",
    "pods",
    "-l",
    "nagi.dev/app=hello,nagi.dev/process=web",
    "-o",
    "json",
  ]);
  return (JSON.parse(text) as PodList).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
}

async function scaleOnce(): Promise<number> {
  platform.nagi(["scale", "web=1", "--app", "hello"]);
  await until(() => pods().length === 1, "one pod");
  await pause(2000);
  const startMs = performance.now();
  platform.nagi(["scale", `web=${count}`, "--app", "hello", "--no-wait"]);
  const answered = new Set<string>();
  while (answered.size < count) {
    for (const { status } of pods()) {
      const address = status?.podIP;
      if (address !== undefined && !answered.has(address) && (await answers(address))) answered.add(address);
    }
    if (answered.size < count) await pause(pollMs);
  }
  return (performance.now() - startMs) / 1000;
}

/** The addresses of what `podman run` started, once all have one. */
async function bareOnce(image: string, many: number): Promise<number> {
  const names = Array.from({ length: many }, (_, index) => `nagi-bench-${process.pid}-${index}`);
  bareNames = names;
  const startMs = performance.now();
  await Promise.all(
    names.map(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const argv = ["run", "-d", "--name", name, "--env", `PORT=${port}`, image];
          const child = spawn("podman", argv, { env: engineEnv, stdio: "ignore" });
          child.on("error", reject);
          child.on("exit", (code) =>
            code === 0 ? resolve() : reject(new Error(`podman run exits with ${code}`)),
          );
        }),
    ),
  );
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const waiting = new Set(podman(["inspect", "--format", format, ...names]).split("\n"));
  while (waiting.size > 0) {
    for (const address of waiting) if (await answers(address)) waiting.delete(address);
    if (waiting.size > 0) await pause(pollMs);
  }
  const seconds = (performance.now() - startMs) / 1000;
  podman(["rm", "--force", "--time", "0", ...names]);
  return seconds;
}

try {
  const folder = platform.repository("hello");
  platform.nagi(["create", "hello"], { cwd: folder });
  const pushed = platform.push(folder);
  if (pushed.code !== 0) throw new Error(`the push failed:\n${pushed.stderr}`);
  const image = pods()[0]?.spec.containers[0]?.image ?? "";
  const ours: number[] = [];
  const bare: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    ours.push(await scaleOnce());
    platform.nagi(["scale", "web=1", "--app", "hello"]);
    await pause(2000);
    bare.push(await bareOnce(image, count));
  }
  const ratios = ours.map((seconds, index) => seconds / (bare[index] ?? Number.NaN));
  report(
    `web=1 to ${count} until all answer, against ${count} bare podman run in parallel; ${repeats} pairs`,
    [
      {
        nagiSeconds: round(median(ours)),
        bareSeconds: round(median(bare)),
        ratio: round(median(ratios)),
        ratioMin: round(Math.min(...ratios)),
        ratioMax: round(Math.max(...ratios)),
      },
    ],
    ["aim: ratio <= 1.3. Nagi's time has the command itself in it."],
  );
} finally {
  platform.stop();
}
