/** The log subresource of pods: what a container wrote, of the present one or the one before. */

import type { LogOptions } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import type { ContainerIndex } from "./container-index.ts";
import { newestFirst, type ContainerRecord } from "./container-record.ts";
import { openLogFile } from "./log-file.ts";
import { namedContainer } from "./named-container.ts";

export interface PodLogsOptions {
  readonly engine: ContainerEngine;
  readonly index: ContainerIndex;
  readonly clock: Clock;
}

export class PodLogs implements LogSource {
  readonly #options: PodLogsOptions;

  constructor(options: PodLogsOptions) {
    this.#options = options;
  }

  async *log(object: KubeObject, options: LogOptions): AsyncGenerator<Uint8Array> {
    const pod = object as Pod;
    const record = this.#find(pod, options);
    const { clock } = this.#options;
    const { follow, sinceSeconds, sinceTime, limitBytes, signal } = options;
    const sinceMs =
      sinceTime !== undefined
        ? Date.parse(sinceTime)
        : sinceSeconds === undefined
          ? undefined
          : clock.now() - sinceSeconds * 1000;
    const limited = this.#lines(
      record,
      { ...options, follow: follow === true && record.state === "running" },
      sinceMs,
    );
    let left = limitBytes ?? Number.POSITIVE_INFINITY;
    try {
      for await (const data of limited) {
        yield data.subarray(0, left);
        left -= data.length;
        if (left <= 0) return;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }

  /** From the file when it can be read, else from the engine. */
  async *#lines(
    record: ContainerRecord,
    { follow = false, timestamps = false, tailLines, signal }: LogOptions,
    sinceMs: number | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { engine, index, clock } = this.#options;
    const { LogPath: path } = await engine.inspectContainer(record.id);
    const isOver = (): boolean => index.get(record.id)?.state !== "running";
    const onOver = (listener: () => void): (() => void) =>
      index.onChange((podUid) => {
        if (podUid === record.podUid && isOver()) listener();
      });
    const given = { path, follow, isOver, onOver, sinceMs, tail: tailLines, timestamps, clock, signal };
    const file = await openLogFile(given);
    if (file !== undefined) return yield* file;
    const since = sinceMs === undefined ? undefined : sinceMs / 1000;
    const query = { follow, timestamps, tail: tailLines, since, tty: record.tty, signal };
    for await (const { data } of engine.containerLogs(record.id, query)) yield data;
  }

  #find(pod: Pod, { container, previous }: LogOptions): ContainerRecord {
    const { name: podName = "", uid = "" } = pod.metadata;
    const name = namedContainer(pod, container);
    const all = newestFirst(this.#options.index.ofPod(uid), name).filter(({ state }) => state !== "created");
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const state = statuses.find((status) => status.name === name)?.state;
    // While the next one waits for its start, the newest container that there is, is the previous one.
    const waits = state?.waiting !== undefined && all[0]?.state === "exited";
    if (previous === true) {
      const record = waits ? all[0] : all[1];
      if (record !== undefined) return record;
      throw new StatusError(
        "BadRequest",
        `previous terminated container "${name}" in pod "${podName}" not found`,
      );
    }
    if (all[0] !== undefined) return all[0];
    throw new StatusError("BadRequest", waitingText(name, podName, state?.waiting?.reason));
  }
}

function waitingText(container: string, pod: string, reason: string | undefined): string {
  const start = `container "${container}" in pod "${pod}" is waiting to start: `;
  if (reason === "ErrImagePull") return `${start}image can't be pulled`;
  if (reason === "ImagePullBackOff") return `${start}trying and failing to pull image`;
  return start + (reason ?? "ContainerCreating");
}
