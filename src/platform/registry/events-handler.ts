/** Hears from the registry what was pushed (`POST /registry/events`), so that tags move at once. */

import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpHandler } from "../../lib/http-handler.ts";

const bodyBytesMax = 1024 ** 2;

export interface EventsHandlerOptions {
  /** That the registry shows. */
  readonly secret: string;
  readonly onPush: (image: PushedImage) => void;
}

export interface PushedImage {
  /** `NAMESPACE/STREAM`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

interface RegistryEvent {
  readonly action?: string;
  readonly target?: { readonly repository?: string; readonly tag?: string; readonly digest?: string };
}

export class EventsHandler implements HttpHandler {
  readonly prefix = "/registry/events";
  readonly #options: EventsHandlerOptions;

  constructor(options: EventsHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number): void => void response.writeHead(status).end();
    if (request.method !== "POST") return answer(405);
    if (!isSame(request.headers.authorization ?? "", `Bearer ${this.#options.secret}`)) return answer(401);
    const body = await readText(request);
    if (body === undefined) return answer(413);
    const events = eventsIn(body);
    if (events === undefined) return answer(400);
    for (const { action, target } of events) {
      // Blobs are told of too; only a tagged manifest is a push of an image.
      const { repository, tag, digest } = target ?? {};
      if (action !== "push" || repository === undefined || tag === undefined || digest === undefined)
        continue;
      this.#options.onPush({ repository, tag, digest });
    }
    answer(200);
  }
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function eventsIn(text: string): readonly RegistryEvent[] | undefined {
  try {
    const { events } = JSON.parse(text) as { events?: unknown };
    return Array.isArray(events) ? (events as RegistryEvent[]) : undefined;
  } catch {
    return undefined;
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
