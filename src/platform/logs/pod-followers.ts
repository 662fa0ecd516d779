/** Follows every container of the apps' pods, from its first line to its last. */

import type { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { keyOf, refOf } from "../../model/meta.ts";
import type { AppLog } from "./app-log.ts";
import { followContainer } from "./follow-container.ts";
import { podSource } from "./pod-source.ts";

export interface PodFollowersOptions {
  readonly client: Client;
  readonly pods: Informer<Pod>;
  /** Undefined for a pod whose lines are not kept. */
  readonly logOf: (pod: Pod) => { readonly appLog: AppLog; readonly app: string } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class PodFollowers {
  readonly #options: PodFollowersOptions;
  /** By UID and name of the container. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(options: PodFollowersOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#options.pods.onChange(({ type, object }) => {
      const uid = object.metadata.uid ?? "";
      if (type !== "deleted" && !signal.aborted) this.#follow(object, signal);
      for (const wake of this.#waiting.get(uid)?.splice(0) ?? []) wake();
      if (type === "deleted") this.#waiting.delete(uid);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (!signal.aborted) await promise;
    stop();
    for (const wakes of this.#waiting.values()) for (const wake of wakes.splice(0)) wake();
    await Promise.all(this.#running.values());
  }

  #follow(pod: Pod, signal: AbortSignal): void {
    if ((pod.spec.nodeName ?? "") === "") return;
    const { uid = "" } = pod.metadata;
    for (const { name, tty } of pod.spec.containers) {
      const key = `${uid}/${name}`;
      // What is typed and drawn on a terminal is no line of a log.
      if (tty === true || this.#running.has(key)) continue;
      const found = this.#options.logOf(pod);
      if (found === undefined) return;
      const task = this.#followOne(pod, name, { ...found, signal })
        .catch((error: unknown) => {
          this.#options.log.warn("cannot follow a container's lines", {
            pod: pod.metadata.name,
            error: messageOf(error),
          });
        })
        .finally(() => {
          this.#running.delete(key);
          if (this.#options.pods.get(keyOf(refOf(pod)))?.metadata.uid !== uid) this.#waiting.delete(uid);
        });
      this.#running.set(key, task);
    }
  }

  async #followOne(
    pod: Pod,
    container: string,
    { appLog, app, signal }: { readonly appLog: AppLog; readonly app: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const { client, pods, clock, log } = this.#options;
    const { uid = "" } = pod.metadata;
    const podNow = (): Pod | undefined => {
      const now = pods.get(keyOf(refOf(pod)));
      return now?.metadata.uid === uid ? now : undefined;
    };
    const changed = (): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = this.#waiting.get(uid);
      if (waiting === undefined) this.#waiting.set(uid, [resolve]);
      else waiting.push(resolve);
      return promise;
    };
    const source = podSource(pod, container, app);
    await followContainer({ client, appLog, podNow, container, source, changed, clock, log }, signal);
  }
}
