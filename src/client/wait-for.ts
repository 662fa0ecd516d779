/** Waits until an object is as wanted. */

import { sleep, type Clock } from "../lib/clock.ts";
import { backoffDelayMs, type BackoffOptions } from "../lib/backoff.ts";
import type { Kind } from "../model/kind.ts";
import { keyOf, type KubeObject, type ObjectRef } from "../model/meta.ts";
import { isStatus, StatusError } from "../model/status.ts";
import type { Client } from "./client.ts";

const retryBackoff: BackoffOptions = { baseMs: 50, capMs: 2000 };

export interface WaitForOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface WaitFor<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly ref: ObjectRef;
  /** Asked of every version; of undefined while the object is not there. A throw ends the waiting with it. */
  readonly until: (object: T | undefined) => boolean;
}

/** Resolves with the version that satisfied; throws a StatusError Timeout after the time. */
export async function waitFor<T extends KubeObject>(
  client: Client,
  wait: WaitFor<T>,
  options: WaitForOptions,
): Promise<T | undefined> {
  const { clock, timeoutMs } = options;
  const timeout = new AbortController();
  const timer = clock.after(timeoutMs, () => timeout.abort());
  const signal = AbortSignal.any([timeout.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    for (let failures = 0; !signal.aborted; failures += 1) {
      await sleep(clock, backoffDelayMs(retryBackoff, failures), signal);
      const result = await follow(client, wait, signal);
      if (result !== undefined) return result.object;
    }
    options.signal?.throwIfAborted();
    const what = `${wait.kind.singular} "${keyOf(wait.ref)}"`;
    throw new StatusError("Timeout", `timed out after ${timeoutMs / 1000} s waiting for ${what}`);
  } finally {
    timer.cancel();
    timeout.abort();
  }
}

interface Satisfied<T> {
  readonly object: T | undefined;
}

/** One list and watch; undefined when it ended without the object being as wanted. */
async function follow<T extends KubeObject>(
  client: Client,
  { kind, ref, until }: WaitFor<T>,
  signal: AbortSignal,
): Promise<Satisfied<T> | undefined> {
  const selection = { namespace: ref.namespace, fieldSelector: `metadata.name=${ref.name}` };
  try {
    const list = await client.list(kind, selection);
    const present = list.items[0];
    if (until(present)) return { object: present };
    const { resourceVersion } = list.metadata;
    for await (const event of client.watch(kind, { ...selection, resourceVersion, signal })) {
      if (event.type === "BOOKMARK") continue;
      const object = event.type === "DELETED" ? undefined : event.object;
      if (until(object)) return { object };
    }
  } catch (error) {
    // A lost connection or a watch that cannot go on: list again. Everything else is an answer.
    const passing = isStatus(error, "Expired", "Gone", "ServiceUnavailable", "TooManyRequests", "Timeout");
    if (!passing && !signal.aborted) throw error;
  }
  return undefined;
}
