/** The few requests of S3's protocol that backups need, signed (Signature Version 4) by aws4fetch. */

import { createHash } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { AwsV4Signer } from "aws4fetch";
import type { S3Store } from "../../../model/kinds/nagi/backupstore/backupstore.ts";
import { answerOf } from "./answer-of.ts";

/** Without a byte in either direction. */
const silenceMaxMs = 60_000;
const answerMaxBytes = 64 * 1024;
/** What failed for the server's or the network's sake is tried again. */
const tries = 4;
const retryMs = 500;

export interface Outside {
  /** PEM of certificates to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Asked {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly etag: string | undefined;
  readonly length: number;
}

export class S3Bucket {
  readonly #store: S3Store;
  readonly #credentials: S3Credentials;
  readonly #outside: Outside;

  constructor(store: S3Store, credentials: S3Credentials, outside: Outside) {
    this.#store = store;
    this.#credentials = credentials;
    this.#outside = outside;
  }

  async put(name: string, body: Uint8Array): Promise<void> {
    await this.#text({ method: "PUT", name, body });
  }

  async startUpload(name: string): Promise<string> {
    const { text } = await this.#text({ method: "POST", name, query: { uploads: "" } });
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1];
    if (id === undefined) throw new Error(`the store began no upload of ${name}: ${text.slice(0, 200)}`);
    return unescaped(id);
  }

  /** The part's ETag. */
  async putPart(
    name: string,
    { id, number, body }: { readonly id: string; readonly number: number; readonly body: Uint8Array },
  ): Promise<string> {
    const query = { partNumber: String(number), uploadId: id };
    const { etag } = await this.#text({ method: "PUT", name, query, body });
    if (etag === undefined) throw new Error(`the store gave no ETag for part ${number} of ${name}`);
    return etag;
  }

  async completeUpload(name: string, id: string, etags: readonly string[]): Promise<void> {
    const parts = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const { text } = await this.#text({ method: "POST", name, query: { uploadId: id }, body });
    // The answer begins with 200 before the parts are put together.
    if (text.includes("<Error>"))
      throw new Error(`the store did not put ${name} together: ${reasonIn(text)}`);
  }

  async abortUpload(name: string, id: string): Promise<void> {
    await this.#text({ method: "DELETE", name, query: { uploadId: id } });
  }

  /** In bytes; undefined when there is no such object. */
  async size(name: string): Promise<number | undefined> {
    const { status, length } = await this.#text({ method: "HEAD", name });
    return status === 404 ? undefined : length;
  }

  async *read(name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await this.#send({ method: "GET", name, signal });
    if (response.statusCode !== 200) throw failure("read", name, response.statusCode, await textOf(response));
    for await (const chunk of response) yield chunk as Buffer;
  }

  async remove(name: string): Promise<void> {
    await this.#text({ method: "DELETE", name });
  }

  /** Whether objects can be written, read and removed; throws with what cannot be. */
  async probe(): Promise<void> {
    const name = "nagi-probe";
    await this.put(name, Buffer.from("nagi\n"));
    if ((await this.size(name)) !== 5) throw new Error(`the store does not have what was written to it`);
    await this.remove(name);
  }

  async #text(asked: Asked): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.#send(asked);
        const text = await textOf(response);
        const { statusCode: status = 0, headers } = response;
        const isThere = status >= 200 && status < 300;
        if (isThere || isKnownGone(asked.method, status, text))
          return { status, text, etag: headers.etag, length: Number(headers["content-length"]) };
        const isForNow = status >= 500 || status === 429;
        if (!isForNow || attempt >= tries)
          throw new Refused(failure(verbs[asked.method], asked.name, status, text).message);
      } catch (error) {
        if (error instanceof Refused || attempt >= tries) throw error;
      }
      await wait(retryMs * 2 ** (attempt - 1));
    }
  }

  async #send({ method, name, query = {}, body, signal }: Asked): Promise<IncomingMessage> {
    const { region = "us-east-1" } = this.#store;
    const hash = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const signed = await new AwsV4Signer({
      ...this.#credentials,
      service: "s3",
      region,
      method,
      url: this.#url(name, query),
      headers: { "x-amz-content-sha256": hash },
    }).sign();
    const isTls = signed.url.protocol === "https:";
    const headers = { ...Object.fromEntries(signed.headers), "content-length": String(body?.length ?? 0) };
    const agent = this.#agent(isTls);
    const request = (isTls ? httpsRequest : httpRequest)(signed.url, {
      method,
      headers,
      agent,
      timeout: silenceMaxMs,
      ...(signal === undefined ? {} : { signal }),
    });
    request.once("close", () => agent.destroy());
    const answer = answerOf(request, { silenceMaxMs });
    request.end(body);
    try {
      return await answer;
    } catch (cause) {
      throw new Error(`cannot reach ${this.#store.endpoint}: ${(cause as Error).message}`, { cause });
    }
  }

  #agent(isTls: boolean): HttpAgent | HttpsAgent {
    const { ca, proxies } = this.#outside;
    if (!isTls) return new HttpAgent({ proxyEnv: { ...proxies } });
    const trusted = ca === "" ? {} : { ca: [...getCACertificates("default"), ca] };
    return new HttpsAgent({ proxyEnv: { ...proxies }, ...trusted });
  }

  #url(name: string, query: Readonly<Record<string, string>>): string {
    const { endpoint, bucket, prefix, pathStyle = true } = this.#store;
    const url = new URL(endpoint);
    const key = prefix === undefined || prefix === "" ? name : `${prefix}/${name}`;
    if (pathStyle) url.pathname = `/${bucket}/${key}`;
    else {
      url.hostname = `${bucket}.${url.hostname}`;
      url.pathname = `/${key}`;
    }
    for (const [each, value] of Object.entries(query)) url.searchParams.set(each, value);
    return url.href;
  }
}

/** The server has answered, and would answer the same again. */
class Refused extends Error {}

const verbs = { GET: "read", HEAD: "look at", PUT: "write", POST: "write", DELETE: "remove" } as const;

function failure(verb: string, name: string, status = 0, text: string): Error {
  return new Error(`cannot ${verb} ${name} in the store: ${status} ${reasonIn(text)}`.trim());
}

/** That it is not there is an answer to whoever looks or removes. */
function isKnownGone(method: Asked["method"], status: number, text: string): boolean {
  if (status !== 404) return false;
  // What stands in front of a store that is down may say 404 as well, without one of S3's reasons.
  return method === "HEAD" || (method === "DELETE" && gone.has(partOf(text, "Code") ?? ""));
}

const gone = new Set(["NoSuchKey", "NoSuchBucket", "NoSuchVersion"]);

/** S3 says in XML what is wrong. */
function partOf(text: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1];
}

function reasonIn(text: string): string {
  const code = partOf(text, "Code");
  if (code === undefined) return text.trim().slice(0, 200);
  return [code, partOf(text, "Message")]
    .filter(Boolean)
    .map((each) => unescaped(each ?? ""))
    .join(": ");
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>)
    if (text.length < answerMaxBytes) text += chunk;
  return text;
}

const entities = [
  ["&quot;", '"'],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&amp;", "&"],
] as const;

function unescaped(text: string): string {
  return entities.reduce((result, [name, character]) => result.replaceAll(name, character), text);
}

function escaped(text: string): string {
  return entities
    .toReversed()
    .reduce((result, [name, character]) => result.replaceAll(character, name), text);
}
