/** One request to a forge's API, through the host's proxy and with its certificates. */

import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import type { StatusRequest } from "./commit-status.ts";

const requestTimeoutMs = 15_000;
const answerMaxBytes = 64 * 1024;

/** The way to the outside. */
export interface Outside {
  /** PEM of certificates to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
}

export interface ForgeAnswer {
  readonly status: number;
  readonly text: string;
}

/** Rejects when there is no answer. */
export async function askForge(asked: StatusRequest, { ca, proxies }: Outside): Promise<ForgeAnswer> {
  const body = JSON.stringify(asked.body);
  const isTls = asked.url.startsWith("https:");
  const agent = isTls
    ? new HttpsAgent({
        proxyEnv: { ...proxies },
        ...(ca === "" ? {} : { ca: [...getCACertificates("default"), ca] }),
      })
    : new HttpAgent({ proxyEnv: { ...proxies } });
  const headers = {
    "user-agent": "nagi",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    accept: "application/json",
    ...asked.headers,
  };
  const options: RequestOptions = { method: "POST", headers, agent, timeout: requestTimeoutMs };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(asked.url, options, resolve);
      request.once("error", reject);
      request.once("timeout", () => request.destroy(new Error("no answer in time")));
      request.end(body);
    });
    let text = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>)
      if (text.length < answerMaxBytes) text += chunk;
    return { status: response.statusCode ?? 0, text };
  } finally {
    agent.destroy();
  }
}
