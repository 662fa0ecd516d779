/**
 * `npm start`: the main job from beginning to end. Starts the platform, pushes examples/hello with git and prints
 * the URL that answers. A second time, what is there already is left as it is.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sleep, systemClock } from "../lib/clock.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const nagi = join(root, "bin/nagi");
const app = "hello";
const answerMaxMs = 60_000;
const answerEveryMs = 250;

function step(text: string): void {
  process.stdout.write(`\n==> ${text}\n`);
}

/** Runs a program in the foreground; ends everything when it fails. */
function run(program: string, argv: readonly string[], cwd = root): void {
  process.stdout.write(`$ ${[program === nagi ? "bin/nagi" : program, ...argv].join(" ")}\n`);
  const { status, error } = spawnSync(program, argv, { cwd, stdio: "inherit" });
  if (status === 0) return;
  process.stderr.write(`${program} failed${error === undefined ? "" : `: ${error.message}`}\n`);
  process.exit(status ?? 1);
}

function capture(argv: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(nagi, argv, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

/** What was pushed before may still be starting. */
async function answerOf(url: URL): Promise<{ status: number; text: string }> {
  const untilMs = Date.now() + answerMaxMs;
  for (;;) {
    const answer = await fetchText(url);
    if (answer.status === 200 || Date.now() > untilMs) return answer;
    await sleep(systemClock, answerEveryMs);
  }
}

/** Status and body of a GET; curl and browsers find *.localhost by themselves, other programs may not. */
function fetchText(url: URL): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: url.port, path: "/", headers: { host: url.host } };
    get(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    }).on("error", reject);
  });
}

function prepareSource(dataDir: string): string {
  const folder = join(dataDir, "examples", app);
  if (existsSync(join(folder, ".git"))) return folder;
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "examples", app), folder, { recursive: true });
  run("git", ["init", "--quiet", "--initial-branch=main"], folder);
  run("git", ["add", "."], folder);
  const author = ["-c", "user.name=Nagi", "-c", "user.email=nagi@localhost"];
  run("git", [...author, "commit", "--quiet", "--message", "Hello"], folder);
  return folder;
}

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  if (given.includes("--help") || given.includes("-h")) {
    run(nagi, ["up", "--help"]);
    return;
  }
  step("Starting the platform");
  run(nagi, ["up", "--detach", "--wait-platforms", ...given]);
  const status = JSON.parse(capture(["status", "-o", "json"]) ?? "{}") as { dataDir?: string };
  if (status.dataDir === undefined) throw new Error("the platform does not say where it keeps its data");
  const folder = prepareSource(status.dataDir);
  if (capture(["info", app, "-o", "name"]) === undefined) {
    step(`Creating the app ${app}`);
    run(nagi, ["create", app], folder);
  }
  step(`Pushing examples/${app} from ${folder}`);
  run("git", ["push", "nagi", "main"], folder);
  const url = capture(["open", app])?.trim();
  if (url === undefined) throw new Error(`app ${app} has no address; see: bin/nagi info ${app}`);
  const { status: code, text } = await answerOf(new URL(url));
  step(`${url} answers ${code}`);
  process.stdout.write(`${text.trimEnd()}\n\n`);
  process.stdout.write(
    "Look around:  bin/nagi status   bin/nagi ps hello   bin/nagi logs hello   bin/nagi why POD\n",
  );
  process.stdout.write("Stop it all:  bin/nagi down\n");
  if (code !== 200) process.exitCode = 1;
}

await main();
