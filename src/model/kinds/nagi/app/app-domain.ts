/** A further address of an app: `shop.example.com`, `*.shop.example.com`, `example.com/shop`. */

import { checkHost } from "../../route/route/validate-route.ts";

export interface AppDomain {
  /** Without `*.`. */
  readonly host: string;
  /** All names right below the host, and not the host itself. */
  readonly isWildcard: boolean;
  /** Begins with a slash; "" for every path. */
  readonly path: string;
}

const syntax = /^(\*\.)?([^/*]+)((?:\/[\w\-.~!$&'()*+,;=:@%/]*)?)$/;

export function parseDomain(text: string): AppDomain | undefined {
  const [, wildcard, host = "", path = ""] = syntax.exec(text) ?? [];
  if (host === "") return undefined;
  return { host, isWildcard: wildcard !== undefined, path: path.replace(/\/+$/, "") };
}

export function checkDomain(text: string): string | undefined {
  const shown = "shop.example.com, *.shop.example.com or example.com/shop";
  if (text.includes("://")) return `must be a host without ${text.split("://")[0]}://, like ${shown}`;
  const parsed = parseDomain(text);
  if (parsed === undefined) return `must be a host, perhaps with *. before it or a path behind it: ${shown}`;
  if (/:\d+$/.test(parsed.host)) return `must be a host without a port, like ${shown}`;
  const problem = checkHost(parsed.host);
  if (problem !== undefined) return problem;
  if (parsed.isWildcard && !parsed.host.includes("."))
    return "a wildcard needs a domain of two parts or more behind it, like *.example.com";
  return undefined;
}
