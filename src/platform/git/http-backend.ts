/** Runs git's own http-backend, a CGI program, for one request. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { drained } from "../../lib/drained.ts";
import { runGitProgram } from "./git-process.ts";

/** CGI headers of git are a few hundred bytes. */
const maxHeaderBytes = 16 * 1024;

export interface BackendRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Below the repositories' root: `/namespace/app.git/info/refs`. */
  readonly pathInfo: string;
  readonly query: string;
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly root: string;
  /** Path of git's http-backend: through `git` it would be one program more to start. */
  readonly program: string;
}

/** Resolves when the program has ended and its answer is written. `onHooks` gets the other end of fd 3. */
export async function runHttpBackend(
  given: BackendRequest,
  onHooks: (stream: Duplex) => void,
  signal: AbortSignal,
): Promise<void> {
  const { program, request, response } = given;
  const environment = { ...given.environment, ...cgiVariables(given) };
  await runGitProgram({ program, argv: [], environment, onHooks }, signal, async (stdin, stdout) => {
    // The program may answer before it has read everything: that is no fault.
    const sending = pipeline(request, stdin).catch(() => undefined);
    await answer(stdout, response);
    await sending;
  });
}

function cgiVariables({ request, pathInfo, query, user, root }: BackendRequest): Record<string, string> {
  const { headers, method = "GET" } = request;
  const optional: Record<string, string | undefined> = {
    CONTENT_LENGTH: headers["content-length"],
    HTTP_CONTENT_ENCODING: headers["content-encoding"],
    GIT_PROTOCOL: [headers["git-protocol"] ?? []].flat()[0],
  };
  const given = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: pathInfo,
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers["content-type"] ?? "",
    REMOTE_USER: user,
    REMOTE_ADDR: "127.0.0.1",
    ...Object.fromEntries(given),
  };
}

/** Copies the CGI answer: its headers, then its body as it comes. */
async function answer(output: Readable, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (response.headersSent) {
      if (!response.write(chunk)) await drained(response);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end >= 0) {
      writeHead(head.subarray(0, end).toString("latin1"), response);
      const rest = head.subarray(end + 4);
      if (rest.length > 0) response.write(rest);
      else response.flushHeaders();
    } else if (head.length > maxHeaderBytes) {
      throw new Error("cannot understand git http-backend: its headers do not end");
    }
  }
  if (!response.headersSent)
    throw new Error("cannot understand git http-backend: it ended without an answer");
  response.end();
}

function writeHead(text: string, response: ServerResponse): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (colon > 0) response.setHeader(name, value);
  }
  response.statusCode = status;
}
