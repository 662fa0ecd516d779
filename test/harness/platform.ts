/** A whole platform for end-to-end tests and benchmarks: started with the commands that a user types. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { freePort } from "../../src/lib/free-port.ts";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const nagiProgram = join(root, "bin/nagi");

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface PlatformOptions {
  readonly nodes?: number;
  readonly dataDir?: string;
  readonly flags?: readonly string[];
  /** Whether `up` waits for the base images; true unless said. */
  readonly waitPlatforms?: boolean;
}

/** A platform on ports and a data directory of its own. Always `stop` it. */
export class TestPlatform {
  readonly dataDir: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly apiPort: number;
  readonly registryPort: number;
  readonly sshPort: number;
  readonly #nodes: number;
  readonly #flags: readonly string[];
  readonly #folders: string[] = [];

  private constructor(options: PlatformOptions, ports: readonly [number, number, number, number, number]) {
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "nagi-e2e-"));
    [this.httpPort, this.apiPort, this.registryPort, this.sshPort, this.httpsPort] = ports;
    this.#nodes = options.nodes ?? 1;
    this.#flags = [
      ...(options.flags ?? []),
      ...(options.waitPlatforms === false ? [] : ["--wait-platforms"]),
    ];
  }

  static async start(options: PlatformOptions = {}): Promise<TestPlatform> {
    const free = [freePort(), freePort(), freePort(), freePort(), freePort()] as const;
    const ports = await Promise.all(free);
    const platform = new TestPlatform(options, ports);
    try {
      platform.up();
    } catch (error) {
      platform.stop();
      // Another platform that starts at this moment chose the same port; its own directory may hold what the test put there.
      if (options.dataDir === undefined && /port \d+ .* is taken by/.test(String(error)))
        return await TestPlatform.start(options);
      throw error;
    }
    return platform;
  }

  up(): void {
    this.nagi(this.#upWords());
  }

  /** As `up`, while a load goes on in this process. */
  async upBesideLoad(): Promise<void> {
    const { code, stdout, stderr } = await this.tryNagiBesideLoad(this.#upWords());
    if (code !== 0) throw new Error(`nagi up exits with ${code}\n${stdout}${stderr}\n${this.logTail()}`);
  }

  /** As `tryNagi`, which holds this process, and a load in it, until the command has ended. */
  async tryNagiBesideLoad(argv: readonly string[]): Promise<Outcome> {
    const child = spawn(nagiProgram, argv, { env: this.env, cwd: tmpdir() });
    const outcome = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (outcome.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (outcome.stderr += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code: code ?? -1, ...outcome };
  }

  #upWords(): string[] {
    const ports = ["--http-port", `${this.httpPort}`, "--api-port", `${this.apiPort}`];
    ports.push("--https-port", `${this.httpsPort}`);
    ports.push("--registry-port", `${this.registryPort}`, "--ssh-port", `${this.sshPort}`);
    ports.push("--nodes", `${this.#nodes}`);
    return ["up", "--detach", ...ports, ...this.#flags];
  }

  /** Runs a program of the machine that must succeed; its standard output. */
  static command(program: string, argv: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: "utf8" });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${program} ${argv.join(" ")} exits with ${status}: ${stderr}`);
    return stdout;
  }

  /** Environment of every command: which platform is meant. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NAGI_HOME: this.dataDir,
      KUBECONFIG: join(this.dataDir, "kubeconfig"),
      GIT_CONFIG_GLOBAL: join(this.dataDir, "gitconfig"),
      XDG_CACHE_HOME: join(this.dataDir, "cache"),
      NO_COLOR: "1",
    };
  }

  run(program: string, argv: readonly string[], options: { cwd?: string; input?: string } = {}): Outcome {
    const { status, stdout, stderr, error } = spawnSync(program, argv, {
      env: this.env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      // No git repository, whose remotes a command might change.
      cwd: tmpdir(),
      ...options,
    });
    if (error !== undefined) throw error;
    return { code: status ?? -1, stdout, stderr };
  }

  /** Runs a command that must succeed; its standard output. */
  ok(program: string, argv: readonly string[], options: { cwd?: string; input?: string } = {}): string {
    const { code, stdout, stderr } = this.run(program, argv, options);
    if (code !== 0)
      throw new Error(
        `${program} ${argv.join(" ")} exits with ${code}\n${stdout}\n${stderr}\n${this.logTail()}`,
      );
    return stdout;
  }

  nagi(argv: readonly string[], options: { cwd?: string; input?: string } = {}): string {
    return this.ok(nagiProgram, argv, options);
  }

  tryNagi(argv: readonly string[], options: { cwd?: string; input?: string } = {}): Outcome {
    return this.run(nagiProgram, argv, options);
  }

  /** An app that has nothing of the one that an earlier try of the test made. */
  createApp(name: string, flags: readonly string[] = [], options: { cwd?: string } = {}): string {
    const made = this.tryNagi(["create", name, ...flags], options);
    if (made.code === 0) return made.stdout;
    if (made.stderr.includes("already")) this.nagi(["destroy", name, "--confirm", name]);
    return this.nagi(["create", name, ...flags], options);
  }

  kubectl(argv: readonly string[], options: { input?: string } = {}): string {
    return this.ok("kubectl", argv, options);
  }

  /** A command that goes on; its lines so far are in `lines`. */
  follow(program: "nagi" | "kubectl", argv: readonly string[]): Following {
    return new Following(spawn(program === "nagi" ? nagiProgram : program, argv, { env: this.env }));
  }

  /** A git repository with a copy of an example, or with the given files. */
  repository(source: string | Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(tmpdir(), "nagi-repo-"));
    this.#folders.push(folder);
    if (typeof source === "string") cpSync(join(root, "examples", source), folder, { recursive: true });
    this.ok("git", ["init", "-q", "-b", "main"], { cwd: folder });
    this.ok("git", ["config", "user.name", "Test"], { cwd: folder });
    this.ok("git", ["config", "user.email", "test@localhost"], { cwd: folder });
    this.commit(folder, typeof source === "string" ? {} : source);
    return folder;
  }

  commit(folder: string, files: Readonly<Record<string, string>>, message = "Change"): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    this.ok("git", ["add", "-A"], { cwd: folder });
    this.ok("git", ["commit", "-q", "--allow-empty", "-m", message], { cwd: folder });
  }

  push(folder: string, argv: readonly string[] = ["nagi", "main"]): Outcome {
    return this.run("git", ["push", ...argv], { cwd: folder });
  }

  /** GET of an app by its host name, without DNS. */
  request(app: string, path = "/"): Promise<Answer> {
    const headers = { host: `${app}.localhost:${this.httpPort}` };
    return new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: this.httpPort, path, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      }).on("error", reject);
    });
  }

  get pid(): number {
    return (JSON.parse(readFileSync(join(this.dataDir, "run/nagi.json"), "utf8")) as { pid: number }).pid;
  }

  async kill(): Promise<void> {
    const { pid } = this;
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid), "Nagi to be gone");
  }

  stop(): void {
    const { code, stderr } = this.tryNagi(["down"]);
    this.#removeImages();
    for (const folder of [this.dataDir, ...this.#folders]) rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`nagi down exits with ${code}: ${stderr}`);
  }

  /** Of the apps: they lie in the machine's engine, not in the data directory. */
  #removeImages(): void {
    const mine = [
      "--filter",
      `reference=127.0.0.1:${this.registryPort}/*/*`,
      "--format",
      "{{.Repository}}:{{.Tag}}",
    ];
    const names = this.run("podman", ["images", ...mine])
      .stdout.split("\n")
      .filter(Boolean);
    if (names.length > 0) this.run("podman", ["rmi", ...names]);
  }

  logTail(): string {
    try {
      return readFileSync(join(this.dataDir, "log/nagi.log"), "utf8").split("\n").slice(-15).join("\n");
    } catch {
      return "(no log)";
    }
  }
}

export class Following {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    let rest = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    if (this.#child.exitCode === null) await ended;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Costs nothing when all is well; three files that build at a time on two cores make the machine slow. */
const untilMs = 120_000;

/** Waits for a condition; fails with `what` after `timeoutMs`. Asking may cost a process: it takes a third of the time at most. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = untilMs,
): Promise<void> {
  const startMs = Date.now();
  for (;;) {
    const askedMs = Date.now();
    if (await condition()) return;
    if (Date.now() - startMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await pause(Math.max(50, 2 * (Date.now() - askedMs)));
  }
}
