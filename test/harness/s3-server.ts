/**
 * The part of Amazon S3's protocol that backups use, with a bucket in memory. It checks signatures (Signature Version 4) and
 * the hash of each body as the description of the protocol says, without a library of ours: `curl --aws-sigv4` can be used
 * with it as well.
 */

import { createHash, createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const minPartBytes = 5 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly etag?: string;
}

export class S3Server {
  readonly accessKeyId = "AKIDTEST";
  readonly secretAccessKey = "a/secret+key";
  readonly region = "eu-test-1";
  readonly bucket = "test-bucket";
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, Map<number, Buffer>>();
  /** While it says a status, writes are answered with that. */
  refuseWrites: number | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<S3Server> {
    const server = createServer((request, response) => void s3.#handle(request, response));
    const s3 = new S3Server(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return s3;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", this.endpoint);
    const {
      status,
      body: text = "",
      etag,
    } = this.#refusal(request, url, body) ?? this.#answer(request, url, body);
    const length = typeof text === "string" ? Buffer.byteLength(text) : text.length;
    response.writeHead(status, { "content-length": length, ...(etag === undefined ? {} : { etag }) });
    response.end(request.method === "HEAD" ? undefined : text);
  }

  #refusal(request: IncomingMessage, url: URL, body: Buffer): Answer | undefined {
    const header = request.headers.authorization ?? "";
    const [, credential = "", names = "", signature = ""] =
      /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(header) ??
      [];
    const [id, date = "", region = "", service = ""] = credential.split("/");
    if (id !== this.accessKeyId) return error(403, "InvalidAccessKeyId", "The key does not exist");
    if (region !== this.region)
      return error(400, "AuthorizationHeaderMalformed", `the region is ${this.region}`);
    const hash = sha256(body);
    const given = String(request.headers["x-amz-content-sha256"]);
    if (given !== hash) return error(400, "XAmzContentSHA256Mismatch", "The body is not what was signed");
    const signed = names.split(";");
    if (!signed.includes("host") || !signed.includes("x-amz-date"))
      return error(403, "AccessDenied", "unsigned");
    const encode = (text: string): string =>
      encodeURIComponent(text).replaceAll(
        /[!'()*]/g,
        (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
      );
    const canonical = [
      request.method,
      decodeURIComponent(url.pathname).split("/").map(encode).join("/"),
      [...url.searchParams]
        .map(([key, value]) => `${encode(key)}=${encode(value)}`)
        .toSorted()
        .join("&"),
      ...signed.map((name) => `${name}:${String(request.headers[name]).trim()}`),
      "",
      names,
      hash,
    ].join("\n");
    const scope = `${date}/${region}/${service}/aws4_request`;
    const text = ["AWS4-HMAC-SHA256", String(request.headers["x-amz-date"]), scope, sha256(canonical)].join(
      "\n",
    );
    const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
      (last, part) => createHmac("sha256", last).update(part).digest(),
      `AWS4${this.secretAccessKey}`,
    );
    if (createHmac("sha256", key).update(text).digest("hex") === signature) return undefined;
    return error(403, "SignatureDoesNotMatch", "The signature is not that of the key");
  }

  #answer({ method }: IncomingMessage, url: URL, body: Buffer): Answer {
    const [, bucket, ...rest] = decodeURIComponent(url.pathname).split("/");
    if (bucket !== this.bucket) return error(404, "NoSuchBucket", "The specified bucket does not exist");
    const isWrite = method === "PUT" || method === "POST";
    if (isWrite && this.refuseWrites !== undefined)
      return error(this.refuseWrites, "QuotaExceeded", "The bucket is full");
    const name = rest.join("/");
    const upload = url.searchParams.get("uploadId");
    if (upload !== null) return this.#part(upload, { method, url, body, name });
    if (method === "POST" && url.searchParams.has("uploads")) {
      const id = randomUUID();
      this.uploads.set(id, new Map());
      return {
        status: 200,
        body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      };
    }
    if (method === "PUT") return this.#put(name, body);
    if (method === "DELETE") {
      this.objects.delete(name);
      return { status: 204 };
    }
    const found = this.objects.get(name);
    return found === undefined
      ? error(404, "NoSuchKey", "The specified key does not exist")
      : { status: 200, body: found };
  }

  #part(
    id: string,
    { method, url, body, name }: { method: string | undefined; url: URL; body: Buffer; name: string },
  ): Answer {
    const parts = this.uploads.get(id);
    if (parts === undefined) return error(404, "NoSuchUpload", "The upload does not exist");
    if (method === "PUT") {
      parts.set(Number(url.searchParams.get("partNumber")), body);
      return { status: 200, etag: etagOf(body) };
    }
    this.uploads.delete(id);
    if (method === "DELETE") return { status: 204 };
    const wanted = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
    const chosen = wanted.map(([, number, etag = ""]) => {
      const part = parts.get(Number(number));
      return part !== undefined && etag.replaceAll("&quot;", '"') === etagOf(part) ? part : undefined;
    });
    const whole = chosen.filter((each) => each !== undefined);
    if (whole.length !== parts.size) return error(400, "InvalidPart", "A part is not there");
    if (whole.slice(0, -1).some(({ length }) => length < minPartBytes))
      return error(400, "EntityTooSmall", "too small");
    return this.#put(name, Buffer.concat(whole));
  }

  #put(name: string, body: Buffer): Answer {
    this.objects.set(name, body);
    return { status: 200, etag: etagOf(body) };
  }
}

function error(status: number, code: string, message: string): Answer {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}

function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
