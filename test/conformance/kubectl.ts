/** The real kubectl against a real server on a loopback port. */

import { spawn, type ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { LogSource } from "../../src/client/log-source.ts";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import type { Kind } from "../../src/model/kind.ts";
import { allKinds } from "../../src/model/registry.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Following {
  /** All that came until now. */
  text(): string;
  /** Resolves once the text has this in it; fails after a while. */
  until(part: string): Promise<void>;
  stop(): Promise<void>;
}

export interface Kubectl {
  readonly test: TestServer;
  readonly port: number;
  /** Fails when kubectl does; returns what it printed. */
  run(...args: readonly string[]): Promise<string>;
  /** With something on its standard input. */
  feed(input: string, ...args: readonly string[]): Promise<string>;
  /** Must fail; returns what it said. */
  fail(...args: readonly string[]): Promise<string>;
  failFed(input: string, ...args: readonly string[]): Promise<string>;
  edit(script: string, ...args: readonly string[]): Promise<string>;
  follow(...args: readonly string[]): Following;
  file(name: string, text: string): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A command that has not ended by then has hung. */
const commandMs = 60_000;
const untilMs = 20_000;

export async function startKubectl(
  logSources?: ReadonlyMap<string, LogSource>,
  kinds: readonly Kind[] = allKinds,
): Promise<Kubectl> {
  const test = await startTestServer({ logSources, kinds });
  const { port } = await test.listen();
  const kubeconfig = join(test.directory, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigOf(test, port));
  const base = { ...process.env, KUBECONFIG: kubeconfig, HOME: test.directory };
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = base): ChildProcess =>
    spawn("kubectl", args, { env, stdio: ["pipe", "pipe", "pipe"], timeout: commandMs });
  const succeed = async (ran: Promise<Ran>, args: readonly string[]): Promise<string> => {
    const { code, out, err } = await ran;
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed (${code}): ${err}${out}`);
    return out;
  };
  const refuse = async (ran: Promise<Ran>, args: readonly string[]): Promise<string> => {
    const { code, out, err } = await ran;
    if (code === 0) throw new Error(`kubectl ${args.join(" ")} should have failed: ${out}`);
    return err + out;
  };
  return {
    test,
    port,
    run: (...args) => succeed(ended(start(args)), args),
    feed: (input, ...args) => succeed(ended(start(args), input), args),
    fail: (...args) => refuse(ended(start(args)), args),
    failFed: (input, ...args) => refuse(ended(start(args), input), args),
    edit: (script, ...args) =>
      succeed(ended(start(["edit", ...args], { ...base, KUBE_EDITOR: `sed -i ${script}` })), args),
    follow: (...args) => follow(start(args)),
    async file(name, text) {
      const path = join(test.directory, name);
      await writeFile(path, text);
      return path;
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

function kubeconfigOf(test: TestServer, port: number): string {
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    "certificate-authority-data": Buffer.from(test.caPem).toString("base64"),
  };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "nagi", cluster }],
    users: [{ name: "admin", user: { token: test.server.tokenOf("admin") } }],
    contexts: [{ name: "nagi", context: { cluster: "nagi", user: "admin" } }],
    "current-context": "nagi",
  });
}

function ended(child: ChildProcess, input = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, out, err }));
    child.stdin?.end(input);
  });
}

function follow(child: ChildProcess): Following {
  let text = "";
  let look = (): void => undefined;
  const add = (chunk: Buffer): void => {
    text += chunk.toString();
    look();
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    text: () => text,
    until: (part) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`"${part}" did not come; there is: ${text}`)),
          untilMs,
        );
        look = () => {
          if (!text.includes(part)) return;
          clearTimeout(late);
          resolve();
        };
        look();
      }),
    async stop() {
      child.kill();
      await closed;
    },
  };
}
