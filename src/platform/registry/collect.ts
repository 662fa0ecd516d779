/**
 * Removes images and the layers that no image has any more. Distribution's own sweep (`garbage-collect`) must not run
 * beside a push: it would take layers away whose image is about to come. So the registry is stopped for it, after what
 * it is just doing; whoever comes meanwhile waits (waiting-room.ts).
 *
 * What must stay true, also when this process is killed at any point: the registry never serves while a sweep runs;
 * an image that is there has all its layers; a push that began before the sweep finds its layers after it.
 */

import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import { startDetached, terminate } from "../../lib/detached-process.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import type { ManagedProcess } from "../../lib/managed-process.ts";
import { ordinaryOomScore } from "../../lib/oom-score.ts";
import { freshLayers } from "./contents.ts";
import type { RegistryStorage } from "./storage.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** As long as a token for pushing lasts: a layer that was pushed before then belongs to no push that goes on. */
const pushMaxMs = 60 * 60_000;
const sweepMaxMs = 15 * 60_000;
const portMaxMs = 5000;
const pollMs = 50;
/** On a disk that is full to the last byte neither the sweep nor the registry could be started. */
const reserveBytes = 256 * 1024;
const graceMs = 5000;
/** Holds an image that has all fresh layers, only while a sweep runs. No namespace can have this name. */
const holdRepository = "nagi.hold/layers";

export interface CollectorOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly storage: RegistryStorage;
  readonly program: ManagedProcess;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Remove = () => Promise<ReadonlySet<string>>;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #recordFile: string;
  readonly #reserveFile: string;
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#recordFile = join(options.dataDir, "sweep.pid");
    this.#reserveFile = join(options.dataDir, "sweep.reserve");
  }

  /** Ends what a killed Nagi left running or lying about: before the registry may serve. */
  async recover(): Promise<void> {
    await this.#endSweep();
    await this.#tidy();
  }

  async #endSweep(): Promise<void> {
    await terminate(this.#recordFile, { clock: this.#options.clock, graceMs });
  }

  async #tidy(): Promise<void> {
    const { storage } = this.#options;
    await rm(this.#reserveFile, { force: true });
    await rm(storage.repositoryPath("nagi.hold"), { recursive: true, force: true });
  }

  /**
   * Runs `remove` while nobody writes, then sweeps. The registry answers again when this ends, however it ends.
   * `remove` resolves with what the images that it removed consist of, by digest.
   */
  collect(remove: Remove, signal: AbortSignal): Promise<void> {
    const result = this.#turn.then(() => this.#collect(remove, signal));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #collect(remove: Remove, signal: AbortSignal): Promise<void> {
    const { program, port, clock } = this.#options;
    signal.throwIfAborted();
    await writeFile(this.#reserveFile, Buffer.alloc(reserveBytes), { mode: 0o600, flush: true });
    const opening = WaitingRoom.open({ host: "127.0.0.1", port }, clock, portMaxMs + graceMs);
    // It is awaited later.
    opening.catch(() => undefined);
    try {
      await program.stop();
      await opening;
      await this.#sweep(await remove(), signal);
    } finally {
      await this.#serveAgain(await opening.catch(() => undefined));
    }
  }

  /** With what a sweep has left lying about the registry serves all the same, but not beside one that goes on. */
  async #serveAgain(room: WaitingRoom | undefined): Promise<void> {
    const { program, log } = this.#options;
    try {
      await this.#endSweep();
      await this.#tidy().catch((error: unknown) => {
        log.warn("cannot remove what a sweep of the registry left", { error: messageOf(error) });
      });
      room?.leavePort();
      await program.start();
      room?.letThrough();
    } catch (error) {
      room?.leavePort();
      room?.turnAway();
      log.error("cannot start the registry after removing images", { error });
    }
  }

  async #sweep(removed: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { dataDir, configFile, env, storage, clock } = this.#options;
    await this.#endSweep();
    await rm(this.#reserveFile, { force: true });
    const fresh = await freshLayers(storage, clock.now() - pushMaxMs);
    await hold(
      storage,
      [...fresh].filter((digest) => !removed.has(digest)),
    );
    const logFile = join(dataDir, "sweep.log");
    await writeFile(logFile, "", { mode: 0o600 });
    const command = ["docker-registry", "garbage-collect", configFile] as const;
    const child = await startDetached({
      command,
      env,
      logFile,
      recordFile: this.#recordFile,
      note: "sweep",
      oomScore: ordinaryOomScore,
    });
    const { promise: ended, resolve } = Promise.withResolvers<number | null>();
    child.once("exit", (code) => resolve(code));
    const deadlineMs = clock.now() + sweepMaxMs;
    for (;;) {
      const code = await Promise.race([ended, sleep(clock, pollMs, signal).then(() => undefined)]);
      if (code === 0) return;
      if (code !== undefined) throw new Error(`cannot sweep the registry: exit code ${code}, see ${logFile}`);
      signal.throwIfAborted();
      if (clock.now() > deadlineMs) throw new Error(`cannot sweep the registry within ${sweepMaxMs} ms`);
    }
  }
}

/** Layers of pushes that go on: they have no image yet, so one is made that has them. */
async function hold(storage: RegistryStorage, digests: readonly string[]): Promise<void> {
  const [first] = digests;
  if (first === undefined) return;
  const type = "application/vnd.docker.distribution.manifest.v2+json";
  const part = (digest: string, mediaType: string) => ({ mediaType, size: 1, digest });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: part(first, "application/vnd.docker.container.image.v1+json"),
    layers: digests.map((digest) => part(digest, "application/vnd.docker.image.rootfs.diff.tar.gzip")),
  });
  const hex = createHash("sha256").update(text).digest("hex");
  const blob = join(storage.base, "blobs", "sha256", hex.slice(0, 2), hex);
  await mkdir(blob, { recursive: true, mode: 0o700 });
  await writeFile(join(blob, "data"), text, { mode: 0o600 });
  const revision = storage.repositoryPath(holdRepository, "_manifests", "revisions", "sha256", hex);
  await mkdir(revision, { recursive: true, mode: 0o700 });
  await writeFile(join(revision, "link"), `sha256:${hex}`, { mode: 0o600 });
  // By this folder the registry knows a repository.
  await mkdir(storage.repositoryPath(holdRepository, "_layers"), { recursive: true, mode: 0o700 });
}
