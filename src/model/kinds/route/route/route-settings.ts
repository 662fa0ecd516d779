/**
 * What a route's annotations ask of the router: OpenShift's names where it has one, Nagi's own for the rest. One table, from
 * which the API server's errors, the router's configuration and `nagi routes set` follow. Pure.
 */

import { isIP } from "node:net";
import { invalid, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";

/** What is wrong with a value, naming what is allowed; undefined when nothing is. */
type Check = (value: string) => string | undefined;

export interface RouteSetting {
  readonly annotation: string;
  /** Another name that is taken too. */
  readonly alias?: string | undefined;
  /** What it does, in a line. */
  readonly description: string;
  readonly check: Check;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** HAProxy refuses a configuration with more, and would serve nobody. */
const durationMaxMs = 24 * 86_400_000;

const duration: Check = (value) => {
  const [, count, unit = ""] = /^([1-9]\d{0,8})(ms|s|m|h|d)$/.exec(value) ?? [];
  if (count === undefined) return "must be a whole number with a unit: 500ms, 30s, 5m, 1h";
  return Number(count) * (unitMs[unit] ?? 0) > durationMaxMs ? "must be no more than 24d" : undefined;
};

const pathMaxLength = 1000;

const path: Check = (value) =>
  value.length <= pathMaxLength && /^\/[\w\-.~!$&'()*+,;=:@%/]*$/.test(value)
    ? undefined
    : `must be a URL path that begins with /, of no more than ${pathMaxLength} characters`;

const maxAllowed = 500;

const addresses: Check = (value) => {
  const list = addressList(value);
  if (list.length > maxAllowed) return `must be no more than ${maxAllowed} addresses`;
  const wrong = list.find((each) => !isAddress(each));
  if (list.length > 0 && wrong === undefined) return undefined;
  return `${wrong === undefined ? "" : `"${wrong}" is none: `}must be addresses or networks with spaces between them: 192.0.2.7 10.0.0.0/8 2001:db8::/32`;
};

function isAddress(text: string): boolean {
  const [address = "", prefix] = text.split("/");
  const version = isIP(address);
  // The zone of an address is the machine's own affair.
  if (version === 0 || address.includes("%")) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

const cookieName: Check = (value) =>
  /^[A-Za-z0-9_-]{1,64}$/.test(value) ? undefined : "must be a cookie's name: letters, digits, - and _";

const hsts: Check = (value) =>
  /^max-age=\d{1,10}(\s*;\s*(includeSubDomains|preload))*$/i.test(value)
    ? undefined
    : "must be seconds, and perhaps more: max-age=31536000;includeSubDomains;preload";

const redirect: Check = (value) =>
  parseRedirect(value) === undefined
    ? "must be a URL, perhaps with a status before it: https://www.example.com or 301 https://www.example.com"
    : undefined;

const headers: Check = (value) => {
  const wrong = value
    .split("\n")
    .find((line) => !/^[A-Za-z0-9_-]{1,100}:[ \t]*[\x20-\x7e]{0,1000}$/.test(line));
  if (value.split("\n").length > maxHeaders) return `must be no more than ${maxHeaders}`;
  return wrong === undefined
    ? undefined
    : `${JSON.stringify(wrong)} is none: must be "Name: value", or "Name:" to take the header away`;
};
const maxHeaders = 30;

const people: Check = (value) => {
  const lines = value.split("\n");
  if (lines.length > maxPeople) return `must be no more than ${maxPeople}`;
  return lines.every((line) => /^[^:\s]{1,100}:[0-9a-f]{8,64}:[0-9a-f]{64}$/.test(line))
    ? undefined
    : "must be lines of NAME:SALT:SHA256, as nagi routes set --basic-auth NAME:PASSWORD makes them";
};
const maxPeople = 30;

const maintenanceText: Check = (value) =>
  /^[\x20-\x7e]{1,500}$/.test(value)
    ? undefined
    : "must be on, or one line of at most 500 characters of ASCII that is shown";

const h2c: Check = (value) =>
  value === "h2c" ? undefined : "must be h2c: HTTP/2 without TLS, as gRPC needs it";

const balances = ["leastconn", "roundrobin", "random", "source"];

/** By the name that `nagi routes set` knows them by. */
export const routeSettings = {
  timeout: {
    annotation: "haproxy.router.openshift.io/timeout",
    description: "How long the app may take to answer, or be silent while it does.",
    check: duration,
  },
  "tunnel-timeout": {
    annotation: "haproxy.router.openshift.io/timeout-tunnel",
    description: "How long a web socket may be silent.",
    check: duration,
  },
  rewrite: {
    annotation: "haproxy.router.openshift.io/rewrite-target",
    description: "What the route's path is replaced by in what the app is asked for.",
    check: path,
  },
  allow: {
    annotation: "haproxy.router.openshift.io/ip_allowlist",
    alias: "haproxy.router.openshift.io/ip_whitelist",
    description: "The addresses and networks that may ask; all others get 403.",
    check: addresses,
  },
  "basic-auth": {
    annotation: "nagi.dev/basic-auth",
    description: "NAME:PASSWORD of someone who may ask; can be given several times.",
    check: people,
  },
  "rate-limit": {
    annotation: "nagi.dev/rate-limit",
    description: "How many requests of one address are answered: 10/s, 100/m, 1000/h; the others get 429.",
    check: (value: string) =>
      parseRate(value) === undefined ? "must be a number per s, m or h: 10/s, 100/m, 1000/h" : undefined,
  },
  "max-body": {
    annotation: "nagi.dev/max-body",
    description: "How much a request may carry: 512k, 10m, 1g; more gets 413.",
    check: (value: string) =>
      parseSize(value) === undefined
        ? "must be a size of no more than 1024g: 512k, 10m, 1g, or a number of bytes"
        : undefined,
  },
  redirect: {
    annotation: "nagi.dev/redirect",
    description: "Where requests are sent on to, with their path: https://www.example.com, or 301 before it.",
    check: redirect,
  },
  "request-header": {
    annotation: "nagi.dev/request-headers",
    description:
      "A header that the app gets: Name: value; Name: alone takes it away. Can be given several times.",
    check: headers,
  },
  "response-header": {
    annotation: "nagi.dev/response-headers",
    description:
      "A header of the answers: Name: value; Name: alone takes it away. Can be given several times.",
    check: headers,
  },
  hsts: {
    annotation: "haproxy.router.openshift.io/hsts_header",
    description: "What browsers are told about HTTPS: max-age=31536000;includeSubDomains.",
    check: hsts,
  },
  sticky: {
    annotation: "router.openshift.io/cookie_name",
    description: "Name of a cookie by which a client stays with one instance.",
    check: cookieName,
  },
  balance: {
    annotation: "haproxy.router.openshift.io/balance",
    description:
      "How requests are given to instances: leastconn (the least busy, unless it is said), roundrobin, random or source.",
    check: (value: string) =>
      balances.includes(value) ? undefined : `must be one of ${balances.join(", ")}`,
  },
  "app-protocol": {
    annotation: "nagi.dev/app-protocol",
    description: "How the app is spoken to: h2c is HTTP/2 without TLS, as gRPC needs it.",
    check: h2c,
  },
  maintenance: {
    annotation: "nagi.dev/maintenance",
    description: "on, or what visitors are told while the app is worked on; they get 503.",
    check: maintenanceText,
  },
} satisfies Readonly<Record<string, RouteSetting>>;

export type SettingName = keyof typeof routeSettings;

/** What a route has of a setting; undefined when it has nothing. */
export function settingOf({ metadata }: KubeObject, name: SettingName): string | undefined {
  const { annotation, alias }: RouteSetting = routeSettings[name];
  const { annotations = {} } = metadata;
  return annotations[annotation] ?? (alias === undefined ? undefined : annotations[alias]);
}

/** Who may ask, how much, and whether anybody may: a further way to the app is behind them too. */
export const guardSettings: readonly SettingName[] = [
  "allow",
  "basic-auth",
  "rate-limit",
  "max-body",
  "maintenance",
];

/** Annotations of those of the settings that the route has, by their first name. */
export function settingAnnotations(
  route: KubeObject,
  names: readonly SettingName[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = settingOf(route, name);
      return value === undefined ? [] : [[routeSettings[name].annotation, value]];
    }),
  );
}

export function settingErrors({ metadata }: KubeObject): FieldError[] {
  return Object.values<RouteSetting>(routeSettings).flatMap(({ annotation, alias, check }) =>
    [annotation, alias].flatMap((name) => {
      const value = name === undefined ? undefined : metadata.annotations?.[name];
      const detail = value === undefined ? undefined : check(value);
      return detail === undefined ? [] : [invalid(`metadata.annotations[${name}]`, value, detail)];
    }),
  );
}

export function addressList(value: string): readonly string[] {
  return value.split(/[\s,]+/).filter(Boolean);
}

const periodSeconds = { s: 1, m: 60, h: 3600 } as const;

export function parseRate(value: string): { requests: number; seconds: number } | undefined {
  const [, count, unit] = /^([1-9]\d{0,6})\/([smh])$/.exec(value) ?? [];
  if (count === undefined) return undefined;
  return { requests: Number(count), seconds: periodSeconds[unit as keyof typeof periodSeconds] };
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A thousand of the largest unit and more than anybody sends. */
const sizeMaxBytes = 1024 * 1024 ** 3;

/** In bytes. */
export function parseSize(value: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,13})([kmg]?)$/i.exec(value) ?? [];
  const bytes = Number(count) * (unitBytes[unit.toLowerCase()] ?? 1);
  return bytes <= sizeMaxBytes ? bytes : undefined;
}

const urlMaxLength = 2000;

export function parseRedirect(value: string): { status: number; url: string } | undefined {
  if (value.length > urlMaxLength) return undefined;
  const [, status = "302", url] =
    /^(?:(30[1278]) )?(https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\w\-.~!$&()*+,;=:@%/]*)?)$/.exec(value) ??
    [];
  return url === undefined ? undefined : { status: Number(status), url: url.replace(/\/+$/, "") };
}

/** The settings that are several lines, each given by itself. */
export const lineSettings: ReadonlySet<SettingName> = new Set([
  "basic-auth",
  "request-header",
  "response-header",
]);
