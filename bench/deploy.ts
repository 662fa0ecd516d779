/**
 * `bench deploy`: `git push` of a one-line change until the new version answers, against the bare engine: `podman build`
 * of the same Containerfile and context, `podman run`, answer. In turn, on one machine, with warm layer caches on both sides.
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planLanguage } from "../src/platform/builds/detect.ts";
import { nodejs } from "../src/platform/builds/languages/nodejs/nodejs.ts";
import { sourceTreeOf } from "../src/platform/builds/source-tree.ts";
import { pause, root, TestPlatform } from "../test/harness/platform.ts";
import { median, numberFlag, report, round } from "./report.ts";

const repeats = numberFlag("repeats", 7);
const port = 8080;
const pollMs = 10;
const timeoutMs = 60_000;

const server = (text: string): string =>
  `import { createServer } from "node:http";\ncreateServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT || ${port});\n`;

/** Asking must cost little: it goes on while Nagi builds, on the same processors. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function bodyOf(host: string, atPort: number, header: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host, port: atPort, path: "/", headers: { host: header }, agent, timeout: 1000 };
    const request = get(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    request.on("error", () => resolve(undefined));
  });
}

async function untilAnswers(wanted: string, ask: () => Promise<string | undefined>): Promise<void> {
  const startMs = performance.now();
  while ((await ask()) !== wanted) {
    if (performance.now() - startMs > timeoutMs) throw new Error(`${wanted} is not answered`);
    await pause(pollMs);
  }
}

const platform = await TestPlatform.start();
const engineEnv = { ...process.env, CONTAINERS_CONF: join(platform.dataDir, "engine/containers.conf") };

function podman(argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("podman", argv, { env: engineEnv, encoding: "utf8" });
  if (status !== 0) throw new Error(`podman ${argv.join(" ")}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** From the push's first moment to the new version's first answer; the push itself must succeed too. */
async function pushOnce(folder: string, text: string): Promise<number> {
  platform.commit(folder, { "server.js": server(text) });
  const startMs = performance.now();
  const child = spawn("git", ["push", "nagi", "main"], { cwd: folder, env: platform.env, stdio: "ignore" });
  const pushed = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const header = `hello.localhost:${platform.httpPort}`;
  await untilAnswers(text, () => bodyOf("127.0.0.1", platform.httpPort, header));
  const seconds = (performance.now() - startMs) / 1000;
  if ((await pushed) !== 0) throw new Error("the push failed");
  return seconds;
}

/** What Nagi builds of these files: its own Containerfile, in a context of the same shape. */
function containerfileFor(files: Readonly<Record<string, string>>): string {
  const { status } = JSON.parse(
    platform.kubectl(["get", "platform", "nodejs", "-o", "json"]),
  ) as PlatformObject;
  const nodeVersion = status.versions.find(({ name }) => name === "node")?.version ?? "";
  const detection = planLanguage(nodejs, sourceTreeOf(files), { node: nodeVersion });
  if (!detection.ok) throw new Error(`hello is not a Node.js app: ${detection.message}`);
  const base = status.image;
  return detection.plan.containerfile?.({ base, runtime: base, cacheId: "bench" }) ?? "";
}

interface PlatformObject {
  readonly status: {
    readonly image: string;
    readonly versions: readonly { readonly name: string; readonly version: string }[];
  };
}

function writeContext(containerfile: string, files: Readonly<Record<string, string>>): string {
  const context = mkdtempSync(join(tmpdir(), "nagi-bench-context-"));
  mkdirSync(join(context, "app"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(context, "app", name), text);
  writeFileSync(join(context, "Containerfile"), containerfile);
  return context;
}

/** The same Containerfile and context with the bare engine. */
async function bareOnce(context: string, text: string): Promise<number> {
  writeFileSync(join(context, "app", "server.js"), server(text));
  const name = `nagi-bench-${process.pid}`;
  const startMs = performance.now();
  podman(["build", "-q", "-t", name, context]);
  podman(["run", "-d", "--name", name, "--env", `PORT=${port}`, name]);
  const address = podman(["inspect", "--format", "{{.NetworkSettings.IPAddress}}", name]);
  await untilAnswers(text, () => bodyOf(address, port, "hello"));
  const seconds = (performance.now() - startMs) / 1000;
  podman(["rm", "--force", "--time", "0", name]);
  return seconds;
}

try {
  const folder = platform.repository("hello");
  platform.nagi(["create", "hello"], { cwd: folder });
  await pushOnce(folder, "warm-up");
  const names = readdirSync(join(root, "examples/hello"));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const context = writeContext(containerfileFor(files), files);
  await bareOnce(context, "warm-up");
  const ours: number[] = [];
  const bare: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    ours.push(await pushOnce(folder, `version ${turn}`));
    await pause(1000);
    bare.push(await bareOnce(context, `bare ${turn}`));
  }
  const ratios = ours.map((seconds, index) => seconds / (bare[index] ?? Number.NaN));
  rmSync(context, { recursive: true });
  report(
    `git push of a one-line change until it answers, against bare build + run + answer; ${repeats} pairs`,
    [
      {
        nagiSeconds: round(median(ours)),
        bareSeconds: round(median(bare)),
        ratio: round(median(ratios)),
        ratioMin: round(Math.min(...ratios)),
        ratioMax: round(Math.max(...ratios)),
      },
    ],
    ["aim: ratio <= 1.3"],
  );
} finally {
  platform.stop();
}
