/**
 * Git over SSH: Debian's OpenSSH as a program beside Nagi, on a loopback port. It lets in whoever shows a key that a
 * user has added, and connects git's streams to the platform, which asks the API what that user may do.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "../../../client/client.ts";
import { runController } from "../../../client/controller.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { HttpHandler } from "../../../lib/http-handler.ts";
import type { Logger } from "../../../lib/log.ts";
import { ManagedProcess } from "../../../lib/managed-process.ts";
import { ordinaryOomScore } from "../../../lib/oom-score.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { accountName, ensureAccount, type Account } from "./account.ts";
import { KeyStore, keySelector } from "./key-store.ts";
import { KeysHandler } from "./keys-handler.ts";
import { sessionScript } from "./session-script.ts";
import { SessionServer, type SessionServerOptions } from "./session-server.ts";
import { authorizedKeys, sshdConfig } from "./sshd-config.ts";

const run = promisify(execFile);
const sshd = "/usr/sbin/sshd";
/** sshd's own, where it locks itself in before somebody is let in. */
const emptyDir = "/run/sshd";

export interface SshServerOptions {
  readonly client: Client;
  /** For the host key, the configuration, and the record and log of the program. */
  readonly dataDir: string;
  /** For what the sessions' account reads: below it must lie no directory that is closed to others. */
  readonly runDir: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
  /** How git is served: git-server.ts. */
  readonly sessions: Pick<SessionServerOptions, "refusal" | "serve">;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SshServer {
  /** `/-/keys`. */
  readonly handler: HttpHandler;
  /** For instance `ssh-ed25519 AAAA...`: what clients shall find at the port. */
  readonly hostKey: string;
  readonly account: string;
  /** Adopts or starts sshd and keeps it running until the signal aborts, which leaves it running. */
  run(signal: AbortSignal): Promise<void>;
}

export async function createSshServer(options: SshServerOptions): Promise<SshServer> {
  const { client, dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const hostKeyFile = join(dataDir, "host_ed25519");
  const hostKey = await ensureHostKey(hostKeyFile, options.path);
  const keys = new KeyStore(client);
  const account = ensureAccount(options.path);
  // Whoever needs it hears of it.
  account.catch(() => undefined);
  let writing: Promise<unknown> = Promise.resolve();
  // One after the other: each writes what is there when its turn has come.
  const refresh = (): Promise<void> => {
    const written = writing.then(async () => writeAuthorizedKeys(options, keys, await account));
    writing = written.catch(() => undefined);
    return written;
  };
  return {
    handler: new KeysHandler({ client, keys, onChange: refresh }),
    hostKey,
    account: accountName,
    run: async (signal) => {
      await serve({ options, keys, account: await account, hostKeyFile, refresh }, signal);
    },
  };
}

interface Parts {
  readonly options: SshServerOptions;
  readonly keys: KeyStore;
  readonly account: Account;
  readonly hostKeyFile: string;
  readonly refresh: () => Promise<void>;
}

async function serve(parts: Parts, signal: AbortSignal): Promise<void> {
  const { options, keys, account, refresh } = parts;
  const { client, clock, log, runDir: directory } = options;
  await prepareRunDir(directory);
  const userOf = async (id: string) => (await keys.get(id))?.user;
  const sessions = new SessionServer({ ...options.sessions, directory, account, userOf, log });
  await sessions.listen();
  await refresh();
  const program = await programOf(parts);
  await program.start();
  const watch = { kind: secret, ...keySelector, keysOf: () => ["all"] };
  const controller = { name: "ssh-keys", client, watches: [watch], reconcile: refresh, clock, log };
  await Promise.all([program.run(signal), runController(controller, signal)]);
  await sessions.close();
}

/** Emptied of the sockets of a platform that died. */
async function prepareRunDir(directory: string): Promise<void> {
  await mkdir(emptyDir, { recursive: true, mode: 0o755 });
  await mkdir(directory, { recursive: true, mode: 0o711 });
  for (const name of await readdir(directory)) {
    if (name.endsWith(".sock")) await rm(join(directory, name), { force: true });
  }
  await writeFile(scriptFile(directory), sessionScript, { mode: 0o644 });
  await chmod(scriptFile(directory), 0o644);
}

async function programOf({ options, account, hostKeyFile }: Parts): Promise<ManagedProcess> {
  const { dataDir, runDir, addresses, port, clock, log } = options;
  const authorizedKeysFile = keysFile(runDir);
  const config = sshdConfig({ addresses, port, account: account.name, hostKeyFile, authorizedKeysFile });
  const configFile = join(dataDir, "sshd_config");
  await writeFile(configFile, config, { mode: 0o600 });
  return new ManagedProcess({
    name: "sshd",
    dir: dataDir,
    command: [sshd, "-D", "-e", "-f", configFile],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    configDigest: createHash("sha256").update(config).digest("hex"),
    ready: () => greets(port),
    oomScore: ordinaryOomScore,
    clock,
    log,
  });
}

/** sshd says what it is before it is asked. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("data", (data: Buffer) => end(data.toString("latin1").startsWith("SSH-2.0-")));
  });
}

async function writeAuthorizedKeys(
  { runDir }: SshServerOptions,
  keys: KeyStore,
  account: Account,
): Promise<void> {
  const file = keysFile(runDir);
  const text = authorizedKeys(await keys.list(), `sh ${scriptFile(runDir)}`);
  await writeFile(`${file}.new`, text, { mode: 0o640 });
  await chmod(`${file}.new`, 0o640);
  await chown(`${file}.new`, process.getuid?.() ?? 0, account.gid);
  await rename(`${file}.new`, file);
}

function keysFile(runDir: string): string {
  return join(runDir, "authorized_keys");
}

function scriptFile(runDir: string): string {
  return join(runDir, "session.sh");
}

/** The public part, without its comment. */
async function ensureHostKey(file: string, path: string): Promise<string> {
  const present = await readFile(`${file}.pub`, "utf8").catch(() => undefined);
  if (present === undefined) {
    await rm(file, { force: true });
    const options = ["-q", "-t", "ed25519", "-N", "", "-C", "nagi", "-f", file];
    await run("ssh-keygen", options, { env: { PATH: path } });
  }
  const text = present ?? (await readFile(`${file}.pub`, "utf8"));
  return text.trim().split(" ").slice(0, 2).join(" ");
}
