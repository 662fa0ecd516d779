/**
 * Brings the objects that plugins look at besides pods and nodes to the cluster: services, volumes, budgets and so
 * on, of the kinds that the profiles ask for. A kind that the cluster does not serve counts as having no objects and
 * is asked for again now and then, since it may be installed later.
 */

import type { Client } from "../../client/client.ts";
import { Informer, type InformerChange } from "../../client/informer.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { Kind } from "../../model/kind.ts";
import type { KubeObject } from "../../model/meta.ts";
import { allKinds } from "../../model/registry.ts";
import { isNotFound } from "../../model/status.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { Cluster } from "../snapshot/cluster.ts";

const NOT_SERVED_RETRY_MS = 60_000;

export interface RelatedFeedOptions {
  readonly client: Client;
  readonly cluster: Cluster;
  /** Names of kinds, for instance StorageClass. */
  readonly kinds: Iterable<string>;
  readonly onEvent: (event: ClusterEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Followed {
  readonly kind: Kind;
  readonly informer: Informer<KubeObject>;
  /** Resolves when the kind turned out not to be served. */
  readonly absent: PromiseWithResolvers<void>;
  isAbsent: boolean;
}

export class RelatedFeed {
  readonly #options: RelatedFeedOptions;
  readonly #followed: readonly Followed[];
  readonly #listeners = new Set<() => void>();

  constructor(options: RelatedFeedOptions) {
    const { client, clock, log } = options;
    this.#options = options;
    this.#followed = [...options.kinds].map((name) => {
      const kind = relatedKind(name);
      const informer = new Informer<KubeObject>({ client, kind, clock, log });
      informer.onChange((change) => this.#changed(name, change));
      return { kind, informer, absent: Promise.withResolvers<void>(), isAbsent: false };
    });
  }

  /** Kinds whose objects are not known yet. */
  get unsynced(): readonly string[] {
    return this.#followed
      .filter(({ informer, isAbsent }) => !informer.hasSynced && !isAbsent)
      .map(({ kind }) => kind.plural);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#followed.map((followed) => this.#follow(followed, signal)));
  }

  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#followed.map(({ informer, absent }) =>
        Promise.race([informer.waitForSync(signal), absent.promise]),
      ),
    );
  }

  /** Calls back after every change of an object; returns the way to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #follow(followed: Followed, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      if (await this.#isServed(followed.kind)) {
        followed.isAbsent = false;
        await followed.informer.run(signal);
        return;
      }
      if (!followed.isAbsent) {
        log.info("the cluster has no such objects: doing without them", { kind: followed.kind.kind });
      }
      followed.isAbsent = true;
      followed.absent.resolve();
      await sleep(clock, NOT_SERVED_RETRY_MS, signal);
    }
  }

  async #isServed(kind: Kind): Promise<boolean> {
    try {
      await this.#options.client.list(kind, { limit: 1 });
      return true;
    } catch (error) {
      // Any other failure may pass: the informer tries until it does.
      return !isNotFound(error);
    }
  }

  #changed(kind: string, { type, object }: InformerChange<KubeObject>): void {
    const { related } = this.#options.cluster;
    const { namespace = "", name = "" } = object.metadata;
    const isGone = type === "deleted";
    const previous = isGone ? related.remove(kind, namespace, name) : related.set(kind, object);
    this.#options.onEvent({ type: "RelatedChanged", kind, object, previous, isGone });
    for (const listener of this.#listeners) listener();
  }
}

export function relatedKind(name: string): Kind {
  const kind = allKinds.find((each) => each.kind === name);
  if (kind === undefined) throw new Error(`a plugin looks at objects of an unknown kind, ${name}`);
  return kind;
}
