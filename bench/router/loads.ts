/** Load for the router's benchmark: requests by wrk, messages over web sockets by this file as a program. */

import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

export type Protocol = "http" | "https" | "websocket";

export interface Asked {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
}

/** Answers or messages a second. */
export async function load(asked: Asked): Promise<number> {
  const text = await (asked.protocol === "websocket" ? messages(asked) : requests(asked));
  const failed = /Non-2xx|Socket errors/.exec(text);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (failed !== null || !(perSecond > 0)) throw new Error(`requests failed:\n${text}`);
  return perSecond;
}

function requests({ protocol, host, port, seconds, connections }: Asked): Promise<string> {
  const url = `${protocol}://127.0.0.1:${port}/`;
  return outputOf("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "-H", `Host: ${host}`, url]);
}

function messages({ host, port, seconds, connections }: Asked): Promise<string> {
  const args = [host, port, seconds, connections].map(String);
  return outputOf(process.execPath, [fileURLToPath(import.meta.url), ...args]);
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.on("exit", resolve));
  return text;
}

/** A masked frame of text, RFC 6455: a head of six bytes. */
const messageBytes = 64;
const message = Buffer.alloc(messageBytes, "x");
message.writeUInt16BE(0x8180 + messageBytes - 6);

/** Opens a web socket; whoever resolves it may send. */
function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setNoDelay();
    const key = Buffer.alloc(16).toString("base64");
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`;
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`);
    socket.once("error", reject);
    socket.once("data", (answer) => {
      if (answer.toString().startsWith("HTTP/1.1 101 ")) resolve(socket);
      else reject(new Error(answer.toString()));
    });
  });
}

async function sendMessages([host = "", port, seconds, connections]: readonly string[]): Promise<void> {
  const opening = Array.from({ length: Number(connections) }, () => open(host, Number(port)));
  const sockets = await Promise.all(opening);
  let answered = 0;
  for (const socket of sockets) {
    let missing = messageBytes;
    socket.on("data", ({ length }: Buffer) => {
      missing -= length;
      if (missing > 0) return;
      missing = messageBytes;
      answered += 1;
      socket.write(message);
    });
    socket.write(message);
  }
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  for (const socket of sockets) socket.destroy();
  console.log(`Requests/sec: ${answered / Number(seconds)}`);
}

if (import.meta.main) await sendMessages(process.argv.slice(2));
