/** A fake API that answers late, loses answers, refuses bindings and delays events of one kind against another's. */

import { setImmediate } from "node:timers/promises";
import type { WatchEvent, WatchOptions } from "../../../src/client/client.ts";
import { FakeClient, type FakeClientOptions } from "../../../src/client/testing/fake-client.ts";
import type { Random } from "../../../src/lib/random.ts";
import type { Kind } from "../../../src/model/kind.ts";
import type { KubeObject, ObjectRef } from "../../../src/model/meta.ts";
import { pod as podKind, type Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import type { JsonValue } from "../../../src/model/schema.ts";
import { StatusError } from "../../../src/model/status.ts";

export interface UnstableOptions extends FakeClientOptions {
  readonly random: Random;
  /** Called when a binding is refused. */
  readonly onRefusal: (pods: readonly Pod[]) => void;
  /** Called when a binding is asked for, and when its answer, whatever it is, is on its way. */
  readonly onAsked: (uid: string, nodeName: string, pods: readonly Pod[]) => void;
  readonly onAnswered: (uid: string) => void;
  /** Called when a binding is about to be written. */
  readonly onBinding: (ref: ObjectRef, nodeName: string, pods: readonly Pod[]) => void;
}

const mostTurns = 4;

export class UnstableClient extends FakeClient {
  /** Off, it is a good client. */
  unstable = true;
  readonly #options: UnstableOptions;

  constructor(options: UnstableOptions) {
    super(options);
    this.#options = options;
  }

  override async post<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue> {
    const { target, metadata } = body as { target: { name: string }; metadata: { uid: string } };
    this.#options.onAsked(metadata.uid, target.name, (await this.list(podKind)).items);
    try {
      return await this.#bind(kind, ref, subresource, body);
    } finally {
      this.#options.onAnswered(metadata.uid);
    }
  }

  async #bind<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue> {
    await this.#dawdle();
    const fate = this.unstable ? this.#options.random.next() : 1;
    if (fate < 0.2) this.#options.onRefusal((await this.list(podKind)).items);
    if (fate < 0.1) throw new StatusError("ServiceUnavailable", "the server is not available");
    if (fate < 0.2) throw new StatusError("Conflict", "somebody was quicker");
    const { target } = body as { target: { name: string } };
    const pods = (await this.list(podKind)).items;
    // What follows is done in the same turn as what was listed.
    const answer = await super.post(kind, ref, subresource, body);
    this.#options.onBinding(ref, target.name, pods);
    await this.#dawdle();
    if (fate < 0.3) throw new StatusError("Timeout", "the answer got lost");
    return answer;
  }

  override async *watch<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    for await (const event of super.watch(kind, options)) {
      await this.#dawdle();
      yield event;
    }
  }

  async #dawdle(): Promise<void> {
    if (!this.unstable) return;
    for (let turns = this.#options.random.below(mostTurns); turns > 0; turns--) await setImmediate();
  }
}
