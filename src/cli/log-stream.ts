/**
 * The lines of all of an app's pods and routes as one stream. Without follow, in order of their time; with it, each
 * source's lines as they come, new pods included.
 */

import { appLabel, processLabel } from "../model/kinds/nagi/app/app-names.ts";
import type { Client, LogOptions } from "../client/client.ts";
import type { Kind } from "../model/kind.ts";
import type { Pod } from "../model/kinds/core/pod/pod.ts";
import type { Route } from "../model/kinds/route/route/route.ts";
import type { KubeObject } from "../model/meta.ts";
import { shortPodName } from "../model/kinds/nagi/app/short-pod-name.ts";
import { sortByTime, type LogLine } from "../model/log-line.ts";
import { isStatus } from "../model/status.ts";

export interface MergeLogsOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly app: string;
  /** Only this process type. */
  readonly process: string | undefined;
  /** Whether the router's lines are wanted too. */
  readonly routes: boolean;
  readonly options: LogOptions;
  readonly signal: AbortSignal;
  readonly kinds: { readonly pod: Kind<Pod>; readonly route: Kind<Route> };
}

/** Lines that wait to be taken; the sources stand still while it is full. */
const queueMax = 10_000;

export async function* mergeLogs(request: MergeLogsOptions): AsyncGenerator<LogLine> {
  const { client, namespace, app, options, kinds } = request;
  const labelSelector = `${appLabel}=${app}`;
  const podSelector =
    request.process === undefined ? labelSelector : `${labelSelector},${processLabel}=${request.process}`;
  const pods = await client.list(kinds.pod, { namespace, labelSelector: podSelector });
  const routes = request.routes
    ? await client.list(kinds.route, { namespace, labelSelector })
    : { items: [] };
  if (options.follow !== true) {
    const all = await Promise.all([
      ...pods.items.map((pod) => collect(linesOf(request, kinds.pod, pod))),
      ...routes.items.map((route) => collect(linesOf(request, kinds.route, route))),
    ]);
    yield* sortByTime(all.flat());
    return;
  }
  const merged = new Merge();
  for (const pod of pods.items) merged.add(merged.pump(linesOf(request, kinds.pod, pod)));
  for (const route of routes.items) merged.add(merged.pump(linesOf(request, kinds.route, route)));
  const { resourceVersion } = pods.metadata;
  merged.add(addNewPods(request, merged, { labelSelector: podSelector, resourceVersion }));
  yield* merged.lines(request.signal);
}

interface PodWatch {
  readonly labelSelector: string;
  readonly resourceVersion: string | undefined;
}

/** Adds the lines of pods that start later; ends with the signal. */
async function addNewPods(request: MergeLogsOptions, merged: Merge, watch: PodWatch): Promise<void> {
  const { client, namespace, kinds, signal } = request;
  const seen = new Set<string>();
  for await (const event of client.watch(kinds.pod, { namespace, ...watch, signal })) {
    if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
    const { uid = "" } = event.object.metadata;
    const started = event.object.status?.phase === "Running" || event.object.status?.phase === "Failed";
    if (event.type === "ADDED") seen.add(uid);
    if (!started || !seen.delete(uid)) continue;
    merged.add(merged.pump(linesOf(request, kinds.pod, event.object)));
  }
}

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

/** The lines of one object; none when it has no log (yet). */
async function* linesOf<T extends KubeObject>(
  { client, options, namespace, app }: MergeLogsOptions,
  kind: Kind<T>,
  object: T,
): AsyncGenerator<LogLine> {
  const { name = "" } = object.metadata;
  const source = sourceOf(object, app);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of client.log(kind, { namespace, name }, { ...options, timestamps: true })) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield parseLine(line, source);
    }
  } catch (error) {
    if (!isStatus(error, "BadRequest", "NotFound")) throw error;
  }
  if (rest !== "") yield parseLine(rest, source);
}

function parseLine(line: string, source: string): LogLine {
  const space = line.indexOf(" ");
  return { time: line.slice(0, space), source, text: line.slice(space + 1) };
}

function sourceOf(object: KubeObject, app: string): string {
  return object.kind === "Route" ? "router" : shortPodName(object, app);
}

/** Several streams into one, first come first served. */
class Merge {
  readonly #queue: LogLine[] = [];
  #sources = 0;
  #failure: unknown;
  #wake: () => void = () => undefined;
  #room: (() => void)[] = [];

  /** A task that brings lines; the stream ends when all have ended. */
  add(task: Promise<void>): void {
    this.#sources++;
    task
      .catch((error: unknown) => (this.#failure ??= error))
      .finally(() => {
        this.#sources--;
        this.#wake();
      });
  }

  async *lines(signal: AbortSignal): AsyncGenerator<LogLine> {
    while (!signal.aborted) {
      yield* this.#queue.splice(0);
      for (const proceed of this.#room.splice(0)) proceed();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#queue.length > 0) continue;
      if (this.#sources === 0) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async pump(lines: AsyncIterable<LogLine>): Promise<void> {
    for await (const line of lines) {
      this.#queue.push(line);
      this.#wake();
      if (this.#queue.length >= queueMax) await new Promise<void>((resolve) => this.#room.push(resolve));
    }
  }
}
