/** The lines of an app as the platform keeps them, or, where it keeps none, those of what runs now. */

import type { Client, LogOptions } from "../client/client.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import { app as appKind } from "../model/kinds/nagi/app/app.ts";
import { route } from "../model/kinds/route/route/route.ts";
import { isOfSource, parseLogLine, type LogLine } from "../model/log-line.ts";
import { isStatus } from "../model/status.ts";
import { mergeLogs } from "./log-stream.ts";

export interface AppLogRequest {
  readonly client: Client;
  readonly namespace: string;
  readonly app: string;
  /** `web`, `web.x2x4q`, `app`, `router` or `platform`; absent: all. */
  readonly source?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly tail?: number | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Without follow, in order of their time. */
export async function* appLogLines(request: AppLogRequest): AsyncGenerator<LogLine> {
  const { client, namespace, app, signal, source } = request;
  const options: LogOptions = {
    container: source,
    follow: request.follow,
    tailLines: request.tail,
    sinceTime: request.sinceMs === undefined ? undefined : new Date(request.sinceMs).toISOString(),
    signal,
  };
  let isServed = false;
  try {
    for await (const batch of textLines(client.log(appKind, { namespace, name: app }, options))) {
      isServed = true;
      for (const line of batch) {
        const parsed = parseLogLine(line);
        if (parsed !== undefined) yield parsed;
      }
    }
    return;
  } catch (error) {
    // A Kubernetes that Nagi's API server does not stand before.
    if (isServed || !isStatus(error, "NotFound", "MethodNotAllowed")) throw error;
  }
  yield* livingLines(request, options);
}

async function* livingLines(
  { client, namespace, app, signal, source }: AppLogRequest,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const stream = mergeLogs({
    client,
    namespace,
    app,
    process: undefined,
    routes: source === undefined || source === "router",
    options: { ...options, container: undefined },
    signal,
    kinds: { pod, route },
  });
  for await (const line of stream) if (source === undefined || isOfSource(line.source, source)) yield line;
}

async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
  }
}
