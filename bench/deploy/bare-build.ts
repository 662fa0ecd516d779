/** The bare engine on what Nagi builds: the Containerfile of a build in a context of the same shape, run until it answers. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { planLanguage, recognise } from "../../src/platform/builds/detect.ts";
import { buildContext, containerfilePath, secretPath } from "../../src/platform/builds/build-context.ts";
import { loadHostConfig, secretsOf } from "../../src/platform/builds/host-config.ts";
import { sourceTreeOf } from "../../src/platform/builds/source-tree.ts";
import { TestPlatform } from "../../test/harness/platform.ts";
import { untilAnswers } from "./answers.ts";
import type { PushedApp } from "./pushed-app.ts";

const port = 8080;

interface BuildObject {
  readonly status: { readonly detected: { readonly containerfile: string; readonly platform: string } };
}

interface PlatformObject {
  readonly status: { readonly versions?: readonly { readonly name: string; readonly version: string }[] };
}

export class BareBuild {
  readonly #app: PushedApp;
  readonly #name: string;
  readonly #context = mkdtempSync(join(tmpdir(), "nagi-bench-context-"));
  #secrets: Readonly<Record<string, string>> = {};
  #proxies: Readonly<Record<string, string>> = {};

  private constructor(app: PushedApp) {
    this.#app = app;
    this.#name = `nagi-bench-${process.pid}-${app.name}`;
  }

  /** Of an app that was pushed. */
  static async of(app: PushedApp): Promise<BareBuild> {
    const bare = new BareBuild(app);
    const host = await loadHostConfig({ env: process.env, home: homedir() });
    bare.#secrets = await secretsOf(host);
    bare.#proxies = host.proxies;
    return bare;
  }

  /** The context of the files as they are now. */
  async write(): Promise<void> {
    const { platform, name, folder } = this.#app;
    const get = (...argv: string[]): unknown => JSON.parse(platform.kubectl(["get", ...argv, "-o", "json"]));
    const { containerfile, platform: base } = (get("build", `${name}-1`) as BuildObject).status.detected;
    const { versions = [] } = (get("platform", base) as PlatformObject).status;
    const tree = sourceTreeOf(textsIn(folder));
    const recognised = recognise(tree, {});
    if (!recognised.ok || !("language" in recognised)) throw new Error(`${name} is of no language`);
    const found = Object.fromEntries(versions.map((each) => [each.name, each.version]));
    const detection = planLanguage(recognised.language, tree, found);
    if (!detection.ok) throw new Error(detection.message);
    const tar = spawnSync("git", ["archive", "HEAD"], { cwd: folder, maxBuffer: 1 << 28 }).stdout;
    // A package cache of its own, as cold as that of a new app.
    const own = containerfile.replaceAll(`id=default-${name}`, `id=${this.#name}`);
    const options = {
      source: Readable.from([tar]),
      contextDir: "",
      plan: detection.plan,
      secrets: this.#secrets,
    };
    const chunks: Uint8Array[] = [];
    for await (const chunk of buildContext({ ...options, containerfile: own })) chunks.push(chunk);
    rmSync(this.#context, { recursive: true });
    TestPlatform.command("mkdir", [this.#context]);
    const unpacked = spawnSync("tar", ["-x", "-C", this.#context], { input: Buffer.concat(chunks) });
    if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr.toString()}`);
  }

  /** Build, run, answer; in seconds. */
  async run(wanted: string, options: readonly string[] = []): Promise<number> {
    const secrets = Object.keys(this.#secrets).flatMap((id) => [
      "--secret",
      `id=${id},src=${join(this.#context, secretPath(id))}`,
    ]);
    const proxies = Object.entries(this.#proxies).flatMap(([key, value]) => [
      "--build-arg",
      `${key}=${value}`,
    ]);
    const build = ["build", "-q", ...options, ...secrets, ...proxies, "-t", this.#name];
    const startMs = performance.now();
    this.#podman([...build, "-f", join(this.#context, containerfilePath), this.#context]);
    this.#podman(["run", "-d", "--name", this.#name, "--env", `PORT=${port}`, this.#name]);
    const host = this.#podman(["inspect", "--format", "{{.NetworkSettings.IPAddress}}", this.#name]);
    await untilAnswers({ host, port, name: "app" }, wanted);
    const seconds = (performance.now() - startMs) / 1000;
    this.#podman(["rm", "--force", "--time", "0", this.#name]);
    return seconds;
  }

  remove(): void {
    rmSync(this.#context, { recursive: true, force: true });
    this.#podman(["rmi", "--force", "--ignore", this.#name]);
  }

  #podman(argv: readonly string[]): string {
    const env = {
      ...process.env,
      CONTAINERS_CONF: join(this.#app.platform.dataDir, "engine/containers.conf"),
    };
    const { status, stdout, stderr } = spawnSync("podman", argv, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`podman ${argv.join(" ")}: ${stderr}${stdout}`);
    return stdout.trim();
  }
}

function textsIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !join(entry.parentPath, "/").includes("/.git/"));
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder, path), readFileSync(path, "utf8")];
    }),
  );
}

export function writeServer(folder: string, text: string): void {
  const source = `import { createServer } from "node:http";\nconst text = ${JSON.stringify(text)};\ncreateServer((q, s) => s.end(text)).listen(process.env.PORT);\nprocess.on("SIGTERM", () => process.exit());\n`;
  writeFileSync(join(folder, "server.js"), source);
}
