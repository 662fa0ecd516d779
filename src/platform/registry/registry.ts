/**
 * The image registry: CNCF Distribution as a program beside Nagi, on a loopback port, with tokens that Nagi
 * gives out.
 *
 * What must stay true: nobody reads or writes an image without a token; a restart of Nagi does not interrupt a
 * push; images live in the data directory and outlive both.
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import type { Logger } from "../../lib/log.ts";
import { ManagedProcess } from "../../lib/managed-process.ts";
import { EventsHandler, type PushedImage } from "./events-handler.ts";
import { Collector, type Remove } from "./collect.ts";
import type { RegistryContents } from "../../lib/registry-contents.ts";
import { readContents } from "./contents.ts";
import { registryConfig } from "./registry-config.ts";
import { openSigningKey, writePrivate } from "./signing-key.ts";
import { RegistryStorage } from "./storage.ts";
import { TokenHandler, type InternalCredentials } from "./token-handler.ts";

const answerMaxMs = 1000;
const readyTimeoutMs = 15_000;
/** For the requests that are under way: a little longer than the registry itself gives them. */
const stopGraceMs = 65_000;
const internalUser = "nagi-internal";
/** Distribution reads its configuration's variables from the environment too: it gets none of the host's. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", GOGC: "50" };

export interface RegistryOptions {
  readonly client: Client;
  /** For images, keys, the configuration, the record and the log of the program. */
  readonly dataDir: string;
  /** Loopback port of the registry. */
  readonly port: number;
  /** Base of the platform's own HTTP, as clients on this machine reach it: `http://127.0.0.1:PORT`. */
  readonly platformUrl: string;
  /** Called when an image is being pushed, moments before its tag is written. */
  readonly onPush?: ((image: PushedImage) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Registry {
  /** `host:port`, the first part of image names. */
  readonly address: string;
  /** For Nagi's own components and for nodes that pull. */
  readonly credentials: InternalCredentials;
  readonly handlers: readonly HttpHandler[];
  readonly storage: RegistryStorage;
  readContents(): Promise<RegistryContents>;
  /**
   * Runs `remove` while nobody pushes or pulls, then removes the layers that no image has. Who comes meanwhile waits.
   * `remove` resolves with what the images that it removed consist of, by digest.
   */
  collect(remove: Remove, signal: AbortSignal): Promise<void>;
  /** Adopts or starts the program and waits until it answers. */
  start(): Promise<void>;
  /** Keeps the program running until the signal aborts, which leaves it running. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the program. */
  stop(): Promise<void>;
}

/** Of Nagi's own components, and of nodes that pull; made at the first call. `dataDir` is the registry's. */
export async function internalCredentials(dataDir: string): Promise<InternalCredentials> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return { username: internalUser, password: await keptSecret(join(dataDir, "internal-password")) };
}

export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const { client, dataDir, clock, log } = options;
  const address = `127.0.0.1:${options.port}`;
  const storageDir = join(dataDir, "images");
  await mkdir(storageDir, { recursive: true, mode: 0o700 });
  const key = await openSigningKey(dataDir, clock.now());
  const credentials = await internalCredentials(dataDir);
  const eventsSecret = await keptSecret(join(dataDir, "events-secret"));
  const config = registryConfig({
    address,
    storageDir,
    tokenUrl: `${options.platformUrl}/registry/token`,
    certificateFile: key.certificateFile,
    httpSecret: await keptSecret(join(dataDir, "http-secret")),
    eventsUrl: `${options.platformUrl}/registry/events`,
    eventsSecret,
  });
  const configFile = join(dataDir, "config.yml");
  await writePrivate(configFile, config);
  const program = new ManagedProcess({
    name: "registry",
    dir: dataDir,
    command: ["docker-registry", "serve", configFile],
    env: environment,
    configDigest: createHash("sha256").update(config).update(key.certificate).digest("hex"),
    ready: () => answers(address),
    readyTimeoutMs,
    graceMs: stopGraceMs,
    clock,
    log,
  });
  const storage = new RegistryStorage(storageDir);
  const { port } = options;
  const collector = new Collector({
    dataDir,
    port,
    configFile,
    env: environment,
    storage,
    program,
    clock,
    log,
  });
  return {
    address,
    credentials,
    storage,
    readContents: () => readContents(storage),
    collect: (remove, signal) => collector.collect(remove, signal),
    handlers: [
      new TokenHandler({ client, key, internal: credentials, clock, log }),
      new EventsHandler({ secret: eventsSecret, onPush: options.onPush ?? (() => undefined) }),
    ],
    start: async () => {
      await collector.recover();
      await program.start();
    },
    run: (signal) => program.run(signal),
    stop: () => program.stop(),
  };
}

/** The registry's base answers 401 to whoever has no token: that will do as a sign of life. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = get(`http://${address}/v2/`, { agent: false, timeout: answerMaxMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 401 && response.headers["www-authenticate"] !== undefined);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${address} does not answer`))).on("error", reject);
  });
}

async function keptSecret(file: string): Promise<string> {
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept.length >= 32) return kept;
  const secret = randomBytes(32).toString("base64url");
  await writePrivate(file, secret);
  return secret;
}
