/** What stands behind the router in its benchmark; each listens on 127.0.1.1 and 127.0.1.2. */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const children: ChildProcess[] = [];

/** In a session of its own, as the router is: Linux shares out the processor by session. */
function run(command: string, args: readonly string[], cwd?: string): number {
  const options = { stdio: "ignore", detached: true, ...(cwd === undefined ? {} : { cwd }) } as const;
  const child = spawn(command, args, options);
  children.push(child);
  return child.pid ?? Number.NaN;
}

export function endServers(): void {
  for (const child of children.splice(0)) child.kill();
}

/** Its process id. `processors`: a list as of taskset; absent: those of this process. */
export function runHaproxy(dir: string, config: string, processors?: string): number {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "haproxy.cfg"), config);
  const command = ["haproxy", "-f", "haproxy.cfg"];
  if (processors === undefined) return run("haproxy", command.slice(1), dir);
  return run("taskset", ["-c", processors, ...command], dir);
}

function runNode(code: string): void {
  for (const address of ["127.0.1.1", "127.0.1.2"]) run(process.execPath, ["-e", code, address]);
}

export const servers = {
  "an app on Node": (port: number) =>
    runNode(`require("http").createServer((q, s) => s.end("hello")).listen(${port}, process.argv[1])`),
  "a server that costs nothing": (port: number, dir: string) => {
    const binds = `bind 127.0.1.1:${port}\n  bind 127.0.1.2:${port}`;
    const answer = "http-request return status 200 content-type text/plain string hello";
    const timeouts = "timeout client 60s\n  timeout server 60s\n  timeout connect 5s";
    runHaproxy(
      join(dir, "fast"),
      `defaults\n  mode http\n  ${timeouts}\nfrontend fast\n  ${binds}\n  ${answer}\n`,
    );
  },
  /** Answers `GET` too, so that it can be seen to be there. */
  "an echo": (port: number) =>
    runNode(
      `require("http").createServer((q, s) => s.end("hello")).on("upgrade", (q, s) => {
        s.setNoDelay();
        s.on("error", () => {});
        const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        const key = require("crypto").createHash("sha1").update(q.headers["sec-websocket-key"] + guid).digest("base64");
        s.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + key + "\\r\\n\\r\\n");
        s.pipe(s);
      }).listen(${port}, process.argv[1])`,
    ),
} satisfies Record<string, (port: number, dir: string) => void>;

export type ServerName = keyof typeof servers;
