/** Pushes that wait to be seen, as something that a controller can watch. */

import type { InformerHandler } from "../../client/informer.ts";
import type { WatchedInformer } from "../../client/controller.ts";
import type { Clock } from "../../lib/clock.ts";
import { refFromKey, type KubeObject } from "../../model/meta.ts";
import type { TagLink } from "./registry-tags.ts";

/** The registry tells of a push moments before it writes the tag. */
const settleMaxMs = 5000;

export interface PushedImage {
  /** `NAMESPACE/STREAM`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

interface Waiting {
  readonly digest: string;
  readonly sinceMs: number;
}

export class PushSource implements WatchedInformer {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Map<string, Waiting>>();
  readonly #handlers = new Set<InformerHandler<KubeObject>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add({ repository, tag, digest }: PushedImage): void {
    const tags = this.#waiting.get(repository) ?? new Map<string, Waiting>();
    this.#waiting.set(repository, tags.set(tag, { digest, sinceMs: this.#clock.now() }));
    for (const handler of this.#handlers) handler({ type: "added", object: objectOf(repository) });
  }

  has(repository: string): boolean {
    return this.#waiting.has(repository);
  }

  /** Forgets the pushes whose tags the registry has written; whether none is left to wait for. */
  settle(repository: string, written: ReadonlyMap<string, TagLink>): boolean {
    const tags = this.#waiting.get(repository);
    if (tags === undefined) return true;
    const beforeMs = this.#clock.now() - settleMaxMs;
    for (const [tag, { digest, sinceMs }] of tags)
      if (written.get(tag)?.digest === digest || sinceMs < beforeMs) tags.delete(tag);
    if (tags.size === 0) this.#waiting.delete(repository);
    return tags.size === 0;
  }

  list(): KubeObject[] {
    return [...this.#waiting.keys()].map(objectOf);
  }

  onChange(handler: InformerHandler<KubeObject>): () => void {
    this.#handlers.add(handler);
    // Pushes may have come before the controller.
    for (const object of this.list()) handler({ type: "added", object });
    return () => void this.#handlers.delete(handler);
  }

  waitForSync(): Promise<void> {
    return Promise.resolve();
  }
}

function objectOf(repository: string): KubeObject {
  const { namespace, name } = refFromKey(repository);
  return { apiVersion: "image.openshift.io/v1", kind: "ImageStream", metadata: { namespace, name } };
}
