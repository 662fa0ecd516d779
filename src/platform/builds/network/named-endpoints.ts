/** Where the settings of fetching say that builds have to get to: proxies, mirrors and registries. Pure. */

import { isIPv4 } from "node:net";
import type { HostConfig } from "../host-config.ts";

export interface Endpoint {
  /** Name or IPv4 address. */
  readonly host: string;
  readonly port: number;
}

const maxEndpoints = 200;
const defaultPorts: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "socks5:": 1080,
  "socks5h:": 1080,
};

export function namedEndpoints({ npmrc, proxies, mirrors, apt }: HostConfig): Endpoint[] {
  const ofProxies = Object.entries(proxies)
    .filter(([name]) => !/^no_proxy$/i.test(name))
    // Most programs take an address without a scheme.
    .map(([, value]) => (value.includes("://") ? value : `http://${value}`));
  const texts = [...ofProxies, ...Object.values(mirrors), npmrc, apt];
  const found = new Map<string, Endpoint>();
  for (const [url] of texts.join("\n").matchAll(/\b(?:https?|socks5h?):\/\/[^\s"';,|]+/g)) {
    const endpoint = endpointOf(url);
    if (endpoint !== undefined) found.set(`${endpoint.host}:${endpoint.port}`, endpoint);
  }
  return [...found.values()].slice(0, maxEndpoints);
}

function endpointOf(url: string): Endpoint | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const number = port === "" ? defaultPorts[protocol] : Number(port);
  return hostname === "" || number === undefined ? undefined : { host: hostname, port: number };
}

/** The machine itself, which is another one inside a network of its own. */
export function isLoopback({ host }: Endpoint): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host.startsWith("127.");
}

/** From the text of a resolv.conf. */
export function nameServersIn(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map(([, address = ""]) => address)
    .filter((address) => isIPv4(address) && !address.startsWith("127."));
}
