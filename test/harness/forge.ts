/** A forge on a loopback port: git's own http-backend, and the API that takes statuses of commits. */

import { spawn } from "node:child_process";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface ToldStatus {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, string>>;
}

export class Forge {
  readonly statuses: ToldStatus[] = [];
  /** What the next requests to the API are answered with; 201 when there is no more. */
  readonly answers: number[] = [];
  readonly #server: Server;
  readonly #root: string;

  private constructor(root: string, server: Server) {
    this.#root = root;
    this.#server = server;
  }

  static async start(root: string): Promise<Forge> {
    mkdirSync(root, { recursive: true });
    const server = createServer();
    const forge = new Forge(root, server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith("/api/") === true) void forge.#takeStatus(request, response);
      else forge.#serveGit(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The bare repository's path on disk. */
  make(name: string): string {
    const path = join(this.#root, `${name}.git`);
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", path]);
    return path;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #takeStatus(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
    const status = this.answers.shift() ?? 201;
    if (status === 201) {
      const { authorization } = request.headers;
      const body = JSON.parse(text) as Record<string, string>;
      this.statuses.push({ path: request.url ?? "", authorization, body });
    }
    response.writeHead(status, { "content-type": "application/json" }).end('{"message":"as asked"}');
  }

  #serveGit(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? "/", "http://forge");
    const env = {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: this.#root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: [request.headers["git-protocol"] ?? ""].flat()[0],
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
    };
    const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      for (const line of all.subarray(0, end).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(/: (.*)/s);
        if (name === "Status") response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(all.subarray(end + 4));
    });
  }
}

export interface TestPush {
  readonly commit: string;
  readonly before: string;
  readonly branch?: string;
  readonly message?: string;
  readonly files?: readonly string[];
}

/** A push as GitHub tells of it. */
export async function tellPush(
  hook: { readonly url: string; readonly secret: string },
  delivery: string,
  { commit, before, branch = "main", message = "Change", files = ["index.html"] }: TestPush,
): Promise<{ readonly status: number; readonly body: Record<string, string> }> {
  const body = JSON.stringify({
    ref: `refs/heads/${branch}`,
    before,
    after: commit,
    head_commit: { id: commit, message, author: { name: "Ann", email: "ann@localhost" } },
    commits: [{ id: commit, message, added: [], removed: [], modified: files }],
    sender: { login: "ann" },
    repository: { full_name: "team/shop", default_branch: "main" },
  });
  const headers = {
    "content-type": "application/json",
    "x-github-event": "push",
    "x-github-delivery": delivery,
    "x-hub-signature-256": `sha256=${createHmac("sha256", hook.secret).update(body).digest("hex")}`,
  };
  const response = await fetch(hook.url, { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}
