/** Fetches a file over HTTP(S) by the host's way to the outside: its proxies and certificates. */

import { createWriteStream } from "node:fs";
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { getCACertificates } from "node:tls";
import { createGunzip } from "node:zlib";
import type { HostConfig } from "../host-config.ts";
import type { Guard } from "./guard.ts";

const silenceMs = 60_000;
const maxRedirects = 5;

export interface DownloadOptions {
  readonly host: Pick<HostConfig, "ca" | "proxies">;
  /** Told to the address's own server only, wherever that leads on to. */
  readonly login?:
    | { readonly username?: string | undefined; readonly password?: string | undefined }
    | undefined;
  readonly signal: AbortSignal;
  /** Of compressed and of uncompressed content alike. */
  readonly maxBytes: number;
  /** Absent: any address may be asked. */
  readonly guard?: Guard | undefined;
  /** Whether what is compressed stays so. */
  readonly asItIs?: boolean | undefined;
}

export interface Downloaded {
  /** When the server says that it was changed. */
  readonly modified: Date | undefined;
}

/** The server has answered, and not with the file. */
export class NotServed extends Error {
  override readonly name = "NotServed";
  readonly status: number;
  constructor(status: number, text: string) {
    super(`the server answers ${status} ${text}`.trim());
    this.status = status;
  }
}

/** Writes what the address gives to the file, decompressed when it is compressed with gzip. */
export async function download(url: string, file: string, options: DownloadOptions): Promise<Downloaded> {
  const response = await follow(url, options);
  const { maxBytes, signal, asItIs = false } = options;
  const first = await firstBytes(response);
  const gzip = !asItIs && first[0] === 0x1f && first[1] === 0x8b;
  const unpacked = gzip ? createGunzip() : new PassThrough();
  const sink = createWriteStream(file, { mode: 0o600 });
  await pipeline(response, limited(maxBytes), unpacked, limited(maxBytes), sink, { signal });
  const modified = new Date(response.headers["last-modified"] ?? "");
  return { modified: Number.isNaN(modified.getTime()) ? undefined : modified };
}

async function follow(url: string, options: DownloadOptions): Promise<IncomingMessage> {
  let address = url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const refused = await options.guard?.refusal(new URL(address));
    if (refused !== undefined) throw new Error(hops === 0 ? refused : `it leads to ${address}: ${refused}`);
    const isOwn = new URL(address).origin === new URL(url).origin;
    const response = await request(address, isOwn ? options : { ...options, login: undefined });
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined)
      throw new NotServed(statusCode, response.statusMessage ?? "");
    address = new URL(headers.location, address).href;
    if (!/^https?:/.test(address)) throw new Error(`it leads to ${address}, which is not HTTP`);
  }
  throw new Error(`it leads on more than ${maxRedirects} times`);
}

function request(url: string, { host, login, signal, guard }: DownloadOptions): Promise<IncomingMessage> {
  const proxyEnv = host.proxies;
  const ca = host.ca === "" ? undefined : [...getCACertificates("default"), host.ca];
  const auth = login?.password === undefined ? undefined : `${login.username ?? ""}:${login.password}`;
  const asked = { auth, signal, ...(guard === undefined ? {} : { lookup: guard.lookup }) };
  return new Promise((resolve, reject) => {
    const sent = url.startsWith("https:")
      ? httpsGet(url, { ...asked, agent: new HttpsAgent({ ca, proxyEnv }) }, resolve)
      : httpGet(url, { ...asked, agent: new HttpAgent({ proxyEnv }) }, resolve);
    sent.on("error", reject);
    sent.setTimeout(silenceMs, () =>
      sent.destroy(new Error(`the server says nothing for ${silenceMs / 1000} s`)),
    );
  });
}

async function firstBytes(response: IncomingMessage): Promise<Uint8Array> {
  for await (const chunk of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    response.unshift(chunk);
    return chunk.subarray(0, 2);
  }
  return new Uint8Array();
}

function limited(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else done(new Error(`it is larger than ${Math.floor(maxBytes / 1024 ** 2)} MiB`));
    },
  });
}
