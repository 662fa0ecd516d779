/**
 * Takes pods to the nodes that were chosen for them: the binding through the API, several at a time. What comes of it is read from the API where an answer leaves it open, so that a pod is
 * neither given two nodes nor forgotten.
 */

import type { Client } from "../../client/client.ts";
import { backoffDelayMs, type BackoffOptions } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { pod as podKind } from "../../model/kinds/core/pod/pod.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Slots } from "./slots.ts";

const MAX_BINDINGS = 256;
const askAgain: BackoffOptions = { baseMs: 100, capMs: 5000 };

export type BindResult =
  | { readonly type: "bound" }
  /** Not bound to this node; what a user can be told of it. */
  | { readonly type: "failed"; readonly message: string };

export interface BinderOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Whether the node is still there. */
  readonly hasNode: (nodeName: string) => boolean;
  /** Whether this process is still the one that binds; it is when absent. */
  readonly mayBind?: (() => boolean) | undefined;
  /** Who binds the pod in our place, if anybody does. */
  readonly binderOf?:
    | ((pod: PodInfo) => ((nodeName: string, signal: AbortSignal) => Promise<void>) | undefined)
    | undefined;
}

export class Binder {
  readonly #options: BinderOptions;
  readonly #slots = new Slots(MAX_BINDINGS);

  constructor(options: BinderOptions) {
    this.#options = options;
  }

  /** False when as many bindings are under way as may be: decide no further, so that priorities count. */
  get hasRoom(): boolean {
    return this.#slots.hasFree;
  }

  /** Never rejects. After the abort of the signal the result says "failed" and means nothing. */
  async bind(pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<BindResult> {
    if (!this.#slots.tryTake()) await this.#slots.take();
    try {
      const { mayBind = () => true } = this.#options;
      if (signal.aborted || !mayBind()) return { type: "failed", message: "the scheduler stops" };
      if (!this.#options.hasNode(nodeName)) return { type: "failed", message: `node ${nodeName} is gone` };
      return await this.#post(pod, nodeName, signal);
    } finally {
      this.#slots.release();
    }
  }

  async #post(pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<BindResult> {
    const { name, namespace, uid } = pod;
    const body = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: nodeName },
    };
    try {
      const other = this.#options.binderOf?.(pod);
      if (other === undefined) await this.#options.client.post(podKind, { name, namespace }, "binding", body);
      else await other(nodeName, signal);
      return { type: "bound" };
    } catch (error) {
      const message = `cannot bind to ${nodeName}: ${messageOf(error)}`;
      return isRefusal(error)
        ? { type: "failed", message }
        : await this.#ask(pod, { nodeName, message }, signal);
    }
  }

  /** The answer got lost: asks the API whether the binding worked. */
  async #ask(
    pod: PodInfo,
    { nodeName, message }: { nodeName: string; message: string },
    signal: AbortSignal,
  ): Promise<BindResult> {
    const { name, namespace, uid } = pod;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const present = await this.#options.client.get(podKind, { name, namespace });
        const bound = present.metadata.uid === uid && present.spec.nodeName === nodeName;
        return bound ? { type: "bound" } : { type: "failed", message };
      } catch (error) {
        if (isNotFound(error)) return { type: "failed", message };
        await sleep(this.#options.clock, backoffDelayMs(askAgain, failures), signal);
      }
    }
    return { type: "failed", message };
  }
}

/** An answer that says for certain that nothing was written. */
function isRefusal(error: unknown): boolean {
  return isStatus(
    error,
    "BadRequest",
    "Unauthorized",
    "Forbidden",
    "NotFound",
    "AlreadyExists",
    "Conflict",
    "Gone",
    "Invalid",
    "TooManyRequests",
    "MethodNotAllowed",
    "RequestEntityTooLarge",
  );
}
