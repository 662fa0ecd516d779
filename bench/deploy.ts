/**
 * `bench deploy`: `git push` of a one-line change until the new version answers, against the bare engine: `podman build`
 * of the same Containerfile and context, `podman run`, answer. In turn, on one machine, with warm layer caches on both sides.
 */

import { spawnSync } from "node:child_process";
import { get } from "node:http";
import { join } from "node:path";
import { pause, TestPlatform } from "../test/harness/platform.ts";
import { median, numberFlag, report, round } from "./report.ts";

const repeats = numberFlag("repeats", 7);
const port = 8080;
const pollMs = 5;
const timeoutMs = 60_000;

const server = (text: string): string =>
  `import { createServer } from "node:http";\ncreateServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT || ${port});\n`;

function bodyOf(host: string, atPort: number, header: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host, port: atPort, path: "/", headers: { host: header }, agent: false, timeout: 1000 };
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

async function pushOnce(folder: string, text: string): Promise<number> {
  platform.commit(folder, { "server.js": server(text) });
  const startMs = performance.now();
  const { code, stderr } = platform.push(folder);
  if (code !== 0) throw new Error(stderr);
  const header = `hello.localhost:${platform.httpPort}`;
  await untilAnswers(text, () => bodyOf("127.0.0.1", platform.httpPort, header));
  return (performance.now() - startMs) / 1000;
}

/** The same context and Containerfile as Nagi's, with the bare engine. */
async function bareOnce(folder: string, containerfile: string, text: string): Promise<number> {
  platform.commit(folder, { "server.js": server(text), ".containerfile": containerfile });
  const name = `nagi-bench-${process.pid}`;
  const startMs = performance.now();
  podman(["build", "-q", "-f", ".containerfile", "-t", name, folder]);
  podman(["run", "-d", "--name", name, "--env", `PORT=${port}`, name]);
  const address = podman(["inspect", "--format", "{{.NetworkSettings.IPAddress}}", name]);
  await untilAnswers(text, () => bodyOf(address, port, "hello"));
  const seconds = (performance.now() - startMs) / 1000;
  podman(["rm", "--force", "--time", "0", name]);
  return seconds;
}

try {
  const folder = platform.repository("hello");
  const bareFolder = platform.repository("hello");
  platform.nagi(["create", "hello"], { cwd: folder });
  await pushOnce(folder, "warm-up");
  const containerfile = platform.nagi(["builds", "containerfile", "--app", "hello"]);
  await bareOnce(bareFolder, containerfile, "warm-up");
  const ours: number[] = [];
  const bare: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    ours.push(await pushOnce(folder, `version ${turn}`));
    await pause(1000);
    bare.push(await bareOnce(bareFolder, containerfile, `bare ${turn}`));
  }
  const ratios = ours.map((seconds, index) => seconds / (bare[index] ?? Number.NaN));
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
