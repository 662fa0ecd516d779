/**
 * The platform's end of git over SSH. The session's script asks on one socket, with the id of the key and the command;
 * when its user may, it gets the name of a socket of its own, on which git's program then speaks to the client.
 *
 * What must stay true: only the account of sshd's sessions can connect, so that nobody else can name a key; a key that
 * is removed opens nothing any more; when the client is gone git and its build end.
 */

import { randomBytes } from "node:crypto";
import { chown, chmod, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { UserInfo } from "../../../client/user.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { parseRepository, type Access } from "../repository-access.ts";
import type { Account } from "./account.ts";

const askTimeoutMs = 30_000;
const sessionWaitMs = 30_000;
const askLinesMax = 10;

/** One use of git by a user who may. */
export interface GitSession extends Access {
  readonly user: UserInfo;
  /** `GIT_PROTOCOL`, as the client sent it. */
  readonly protocol: string;
}

export interface SessionServerOptions {
  readonly directory: string;
  readonly account: Account;
  /** The user of a key; undefined when there is no such key any more. */
  readonly userOf: (keyId: string) => Promise<UserInfo | undefined>;
  /** Why not, or undefined. */
  readonly refusal: (session: GitSession) => Promise<string | undefined>;
  /** Lets git speak on the stream until both have ended. */
  readonly serve: (session: GitSession, stream: Socket) => Promise<void>;
  readonly log: Logger;
}

export class SessionServer {
  readonly #options: SessionServerOptions;
  readonly #server: Server;

  constructor(options: SessionServerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      this.#answerAsk(socket).catch((error: unknown) => {
        options.log.warn("cannot answer a session of git over SSH", { error });
        socket.end("The platform could not look that up. Try again.\n");
      });
    });
  }

  async listen(): Promise<void> {
    await this.#listenAt(this.#server, "ask.sock");
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answerAsk(socket: Socket): Promise<void> {
    socket.setTimeout(askTimeoutMs, () => socket.destroy());
    const lines: string[] = [];
    for await (const line of createInterface({ input: socket })) {
      if (line === "end" || lines.length >= askLinesMax) break;
      lines.push(line);
    }
    const [keyId = "", protocol = "", command = ""] = lines;
    const user = await this.#options.userOf(keyId);
    const asked =
      user === undefined ? "This key is no longer known here." : sessionOf(command, protocol, user);
    if (typeof asked === "string") return void socket.end(`${asked}\n`);
    const refusal = await this.#options.refusal(asked);
    if (refusal !== undefined) return void socket.end(`${refusal}\n`);
    socket.end(`socket ${await this.#open(asked)}\n`);
  }

  /** A socket for one connection; its name. */
  async #open(session: GitSession): Promise<string> {
    const name = `${randomBytes(16).toString("hex")}.sock`;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const close = (): void => void server.close();
    const timer = setTimeout(close, sessionWaitMs);
    server.once("connection", (socket) => {
      clearTimeout(timer);
      close();
      this.#serve(session, socket).catch((error: unknown) => {
        this.#options.log.warn("a session of git over SSH failed", { error: messageOf(error) });
        socket.destroy();
      });
    });
    await this.#listenAt(server, name);
    return name;
  }

  async #serve(session: GitSession, socket: Socket): Promise<void> {
    socket.on("error", () => undefined);
    await this.#options.serve(session, socket);
  }

  async #listenAt(server: Server, name: string): Promise<void> {
    const { directory, account } = this.#options;
    const path = join(directory, name);
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    await chown(path, account.uid, account.gid);
  }
}

/** Of the command that ssh was given: `git-receive-pack 'shop.git'`; or what to say to whoever gave another. */
export function sessionOf(command: string, protocol: string, user: UserInfo): GitSession | string {
  if (command === "")
    return `Hello ${user.username}. Nagi speaks git here and gives no shell. To run a command in an app: nagi run`;
  const match = /^git[- ](receive-pack|upload-pack) '?([^']*)'?$/.exec(command);
  if (match === null) return "Only git push, git fetch and git clone work here.";
  const repository = parseRepository(match[2] ?? "");
  if (repository === undefined)
    return `There is no repository ${JSON.stringify(match[2])}. Apps are at APP.git or NAMESPACE/APP.git`;
  return { repository, writes: match[1] === "receive-pack", protocol, user };
}
