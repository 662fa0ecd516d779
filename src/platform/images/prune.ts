/**
 * Removes the images that nothing needs: by itself from time to time and when the disk is nearly full, and when a user
 * asks. What would go is planned by retention.ts, and planned anew at the moment when nobody can push.
 *
 * What must stay true: it can be cut short anywhere; what was done stays right, and the next run does the rest.
 */

import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { newObject } from "../../model/kind.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import {
  imageRetention,
  retentionName,
  type ImageRetention,
} from "../../model/kinds/nagi/imageretention/imageretention.ts";
import { refFromKey } from "../../model/meta.ts";
import { isConflict, isNotFound, isStatus } from "../../model/status.ts";
import { imageUsers } from "./image-users.ts";
import type { RegistryContents } from "../../lib/registry-contents.ts";
import { planRetention, type ForgottenItem, type RetentionPlan, type RetentionPolicy } from "./retention.ts";
import { withoutItems } from "./tag-history.ts";

const checkEveryMs = 60_000;
/** A disk that stays full is no reason to stop the registry all the time. */
const fullDiskEveryMs = 30 * 60_000;
const maxWrites = 5;
const hourMs = 60 * 60_000;

/** What is needed of the registry. */
interface PrunedRegistry {
  readonly address: string;
  readonly storage: {
    removeTag(repository: string, tag: string): Promise<void>;
    removeImage(repository: string, digest: string): Promise<void>;
  };
  readContents(): Promise<RegistryContents>;
  collect(remove: () => Promise<ReadonlySet<string>>, signal: AbortSignal): Promise<void>;
}

export interface PrunerOptions {
  readonly client: Client;
  readonly registry: PrunedRegistry;
  /** Removes what the container engine holds and nothing needs. */
  readonly sweepEngine: () => Promise<void>;
  /** Of the disk that the images are on. */
  readonly diskUsedPercent: () => Promise<number>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface PruneRequest extends Partial<RetentionPolicy> {
  /** Absent: all. */
  readonly namespace?: string | undefined;
  readonly stream?: string | undefined;
}

type Reason = "Schedule" | "DiskFull" | "Asked";

export class Pruner {
  readonly #options: PrunerOptions;
  readonly #ending = new AbortController();
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  /** What would go, and why the rest stays. */
  async plan(request: PruneRequest): Promise<RetentionPlan> {
    return (await this.#plan(request)).plan;
  }

  /** Resolves with what has gone. */
  prune(request: PruneRequest, reason: Reason): Promise<RetentionPlan> {
    const { sweepEngine, log } = this.#options;
    const result = this.#turn.then(() => this.#prune(request, reason));
    // The engine may take its time: nobody need wait for it.
    this.#turn = result
      .then(() => sweepEngine())
      .catch((error: unknown) => log.warn("cannot remove images", { error: messageOf(error) }));
    return result;
  }

  /** For a disk that pods would have to give way to; unless removing by itself is suspended. */
  async reclaim(): Promise<void> {
    const { spec } = await this.#retention();
    if (spec.suspend !== true) await this.prune({}, "DiskFull");
  }

  /** Prunes when it is time; resolves after the signal, when nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let fullMs = -Infinity;
    while (!signal.aborted) {
      try {
        const reason = await this.#due(clock.now() - fullMs > fullDiskEveryMs);
        if (reason === "DiskFull") fullMs = clock.now();
        // What fails has been logged, and is tried again when it is time.
        if (reason !== undefined) await this.prune({}, reason).catch(() => undefined);
      } catch (error) {
        log.warn("cannot see whether images are to be removed", { error: messageOf(error) });
      }
      await sleep(clock, checkEveryMs, signal);
    }
    this.#ending.abort(new Error("Nagi is stopping"));
    await this.#turn;
  }

  async #due(mayBeFull: boolean): Promise<Reason | undefined> {
    const { clock, diskUsedPercent } = this.#options;
    const { metadata, spec, status } = await this.#retention();
    if (spec.suspend === true) return undefined;
    const last = Date.parse(status?.lastRunTime ?? metadata.creationTimestamp ?? "");
    if (clock.now() - last >= (spec.everyHours ?? 24) * hourMs) return "Schedule";
    const isFull = mayBeFull && (await diskUsedPercent()) > (spec.diskFullPercent ?? 90);
    return isFull ? "DiskFull" : undefined;
  }

  async #prune(request: PruneRequest, reason: Reason): Promise<RetentionPlan> {
    const { registry, log } = this.#options;
    let done = (await this.#plan(request)).plan;
    try {
      if (done.freedBytes > 0 || goingOf(done).length > 0)
        await registry.collect(async () => {
          const { plan, contents } = await this.#plan(request);
          done = plan;
          for (const { repository, tag } of plan.tags) await registry.storage.removeTag(repository, tag);
          for (const each of goingOf(plan)) await registry.storage.removeImage(each.repository, each.digest);
          return blobsOf(plan, contents);
        }, this.#ending.signal);
      await this.#forget(done.forgotten);
    } catch (error) {
      await this.#record(reason, done, messageOf(error));
      throw error;
    }
    await this.#record(reason, done);
    const [removed, freedBytes] = [goingOf(done).length, done.freedBytes];
    log.info("removed images that nothing needs", { reason, removed, freedBytes });
    return done;
  }

  async #plan(request: PruneRequest): Promise<{ plan: RetentionPlan; contents: RegistryContents }> {
    const { client, registry, clock } = this.#options;
    const { spec } = await this.#retention();
    // First the registry: who comes to need an image after that finds it in the objects.
    const contents = await registry.readContents();
    const [users, streams] = await Promise.all([
      imageUsers(client, spec.keepBuilds ?? 1),
      client.list(imageStream),
    ]);
    const { namespace, stream } = request;
    const plan = planRetention({
      registryAddress: registry.address,
      nowMs: clock.now(),
      policy: {
        keepYoungerThanSeconds: request.keepYoungerThanSeconds ?? spec.keepYoungerThanSeconds ?? 0,
        keepTagRevisions: request.keepTagRevisions ?? spec.keepTagRevisions ?? 1,
      },
      contents,
      streams: streams.items,
      users,
      isInScope: (repository) =>
        (namespace === undefined || repository.startsWith(`${namespace}/`)) &&
        (stream === undefined || repository === `${namespace}/${stream}`),
    });
    return { plan, contents };
  }

  /** Of tags, what they pointed at long ago and is gone. */
  async #forget(items: readonly ForgottenItem[]): Promise<void> {
    for (const [key, own] of Map.groupBy(items, ({ stream }) => stream))
      for (let writes = 1; ; writes++) {
        try {
          await this.#forgetOf(key, own);
          break;
        } catch (error) {
          if (isNotFound(error)) break;
          if (!isConflict(error) || writes === maxWrites) throw error;
        }
      }
  }

  async #forgetOf(key: string, items: readonly ForgottenItem[]): Promise<void> {
    const { client } = this.#options;
    const stream: ImageStream = await client.get(imageStream, refFromKey(key));
    const tags = withoutItems(stream.status?.tags ?? [], items);
    const status = { ...stream.status, tags };
    await client.update(imageStream, { ...stream, status }, { subresource: "status" });
  }

  async #retention(): Promise<ImageRetention> {
    const { client } = this.#options;
    try {
      return await client.get(imageRetention, { name: retentionName });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const made = newObject<ImageRetention>(imageRetention, { name: retentionName }, { spec: {} });
    return await client.create(imageRetention, made).catch((error: unknown) => {
      if (isStatus(error, "AlreadyExists")) return client.get(imageRetention, { name: retentionName });
      throw error;
    });
  }

  async #record(reason: Reason, plan: RetentionPlan, problem?: string): Promise<void> {
    const { client, clock } = this.#options;
    const went = problem === undefined ? plan : undefined;
    const status = {
      lastRunTime: timestamp(clock.now()),
      reason,
      removedImages: went === undefined ? 0 : goingOf(went).length,
      freedBytes: went?.freedBytes ?? 0,
      message: problem ?? null,
    };
    const ref = { name: retentionName };
    await client.patch(imageRetention, ref, { type: "merge", body: { status } }, { subresource: "status" });
  }
}

function goingOf({ images }: RetentionPlan) {
  return images.filter(({ keptBecause }) => keptBecause.length === 0);
}

function blobsOf(plan: RetentionPlan, { repositories }: RegistryContents): ReadonlySet<string> {
  const going = new Set(goingOf(plan).map(({ repository, digest }) => `${repository}@${digest}`));
  const images = repositories.flatMap(({ name, images: own }) =>
    own.filter(({ digest }) => going.has(`${name}@${digest}`)),
  );
  return new Set(images.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)));
}
