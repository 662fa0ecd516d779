/** Plain HTTPS requests to a test server, as no well-behaved client would make them. */

import { Agent, request } from "node:https";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed, or undefined when it is not JSON. */
  readonly json: Record<string, unknown>;
}

export interface CallOptions {
  readonly body?: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export class HttpCaller {
  readonly #port: number;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(port: number, token: string, caPem: string) {
    this.#port = port;
    this.#token = token;
    this.#agent = new Agent({ ca: caPem, keepAlive: true, maxSockets: 1000 });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The answer's head; the caller reads the rest. */
  open(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const chunked = Object.hasOwn(headers, "Transfer-Encoding");
      const length = body === undefined || chunked ? {} : { "Content-Length": Buffer.byteLength(body) };
      const type = body === undefined ? {} : { "Content-Type": "application/json", ...length };
      const sent = request({
        host: "127.0.0.1",
        port: this.#port,
        agent: this.#agent,
        method,
        path,
        headers: { Authorization: `Bearer ${this.#token}`, ...type, ...headers },
      });
      sent.once("response", resolve);
      sent.once("error", reject);
      sent.end(body);
    });
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.open(method, path, options);
    const text = await textOf(response);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: parsed(text),
    };
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The JSON lines of a watch, as they come. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<Record<string, unknown>> {
  let rest = "";
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
  }
}
