/**
 * What a route's own backend does beside passing requests on. Only what the route asks for is there: a plain route costs
 * nothing. Values have been checked (`settingErrors`); they are quoted all the same. Pure.
 */

import type { HeaderAction } from "../../model/kinds/route/route/http-headers.ts";
import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import {
  addressList,
  parseRate,
  parseRedirect,
  parseSize,
  settingOf,
  type SettingName,
} from "../../model/kinds/route/route/route-settings.ts";
import { routePath } from "./route-claims.ts";
import { destinationCaFile, tlsOf } from "./tls/route-tls.ts";

/** The section by which a worker hands its counts on to the next one. */
export const peersName = "nagi";
/** A line of HAProxy's configuration has 64 words at most. */
const addressesPerLine = 40;
const plainText = "content-type text/plain";
/** Of a request's length, as HAProxy can compare it. */
const lengthMaxDigits = 15;

/** Lines of the backend's section, in their order: who may ask, how much, then what becomes of the request. */
export function backendLines(route: Route): readonly string[] {
  const tls = tlsOf(route);
  if (tcpPortOf(route) !== undefined)
    return ["mode tcp", "option srvtcpka", ...timeouts(route), ...balance(route), ...connectionsFrom(route)];
  if (tls?.termination === "passthrough")
    return ["mode tcp", ...timeouts(route), ...balance(route), ...connectionsFrom(route)];
  const options = serverOptions(route);
  return [
    ...timeouts(route),
    // Besides, this makes HAProxy read the authority's file, which servers that are added later refer to.
    ...(options === "" ? [] : [`default-server ${options}`]),
    ...balance(route),
    ...sticky(route),
    ...allowed(route),
    ...rateLimit(route),
    ...basicAuth(route),
    ...bodyLimit(route),
    ...redirect(route),
    ...headers(route, "request-header", "http-request"),
    ...headers(route, "response-header", "http-response"),
    ...headerActions(route),
    ...set(route, "hsts", (value) => [
      `http-response set-header Strict-Transport-Security ${literal(value)} if { ssl_fc }`,
    ]),
    ...rewrite(route),
  ];
}

/** What is said of each server, those that are added while HAProxy runs included. */
export function serverOptions(route: Route): string {
  const ca = tlsOf(route)?.destinationCa;
  const tls = ca === undefined ? [] : [`ssl verify required ca-file ${destinationCaFile(ca)}`];
  return [...tls, ...set(route, "app-protocol", () => ["proto h2"])].join(" ");
}

/** Whether its clients stay with one server, by a cookie made of the server's address. */
export function isSticky(route: Route): boolean {
  return settingOf(route, "sticky") !== undefined;
}

function set(
  route: Route,
  name: SettingName,
  lines: (value: string) => readonly string[],
): readonly string[] {
  const value = settingOf(route, name);
  return value === undefined ? [] : lines(value);
}

function timeouts(route: Route): readonly string[] {
  const timeout = settingOf(route, "timeout");
  const tunnel = settingOf(route, "tunnel-timeout") ?? timeout;
  return [
    ...(timeout === undefined ? [] : [`timeout server ${timeout}`]),
    ...(tunnel === undefined ? [] : [`timeout tunnel ${tunnel}`]),
  ];
}

function balance(route: Route): readonly string[] {
  return set(route, "balance", (value) => [`balance ${value}`]);
}

function sticky(route: Route): readonly string[] {
  // The key keeps a cookie from telling addresses; it must not change, or clients would lose their instance.
  const key = quoted(route.metadata.uid ?? `${route.metadata.namespace}/${route.metadata.name}`);
  return set(route, "sticky", (name) => [
    `cookie ${name} insert indirect nocache httponly dynamic`,
    `dynamic-cookie-key ${key}`,
  ]);
}

function sources(value: string): readonly string[] {
  const list = addressList(value);
  const count = Math.ceil(list.length / addressesPerLine);
  return Array.from({ length: count }, (_, index) => {
    const part = list.slice(index * addressesPerLine, (index + 1) * addressesPerLine);
    return `acl allowed src ${part.join(" ")}`;
  });
}

function allowed(route: Route): readonly string[] {
  return set(route, "allow", (value) => [
    ...sources(value),
    `http-request return status 403 ${plainText} lf-string "403: %[src] may not ask here.\\n" unless allowed`,
  ]);
}

function connectionsFrom(route: Route): readonly string[] {
  return set(route, "allow", (value) => [...sources(value), "tcp-request content reject unless allowed"]);
}

function rateLimit(route: Route): readonly string[] {
  return set(route, "rate-limit", (value) => {
    const rate = parseRate(value);
    if (rate === undefined) return [];
    const { requests, seconds } = rate;
    return [
      `stick-table type ipv6 size 100k expire ${2 * seconds}s peers ${peersName} store http_req_rate(${seconds}s)`,
      "http-request track-sc0 src",
      `http-request return status 429 ${plainText} hdr Retry-After ${seconds} string "429: no more than ${value} requests of one address are answered.\\n" if { sc_http_req_rate(0) gt ${requests} }`,
    ];
  });
}

/** The header is compared by a salted digest: a crypt(3) hash would cost milliseconds a request. */
function basicAuth(route: Route): readonly string[] {
  return set(route, "basic-auth", (value) => [
    ...value.split("\n").map((line) => {
      const [, salt, digest] = line.split(":");
      return `acl known req.hdr(authorization),concat(${salt}),sha2(256),hex,lower -m str ${digest}`;
    }),
    `http-request auth realm ${quoted(route.metadata.name ?? "")} unless known`,
  ]);
}

function bodyLimit(route: Route): readonly string[] {
  const tooMuch = (value: string): string =>
    `http-request return status 413 ${plainText} string "413: a request may carry ${value} at most.\\n"`;
  return set(route, "max-body", (value) => [
    // Numbers of 64 bits would begin anew at some length, as those of `req.hdr_val` do at 32 bits.
    `${tooMuch(value)} if { req.hdr(content-length) -m len gt ${lengthMaxDigits} }`,
    `${tooMuch(value)} if { req.hdr(content-length),add(0) gt ${parseSize(value)} }`,
    // What does not say its length could be any.
    `http-request return status 411 ${plainText} string "411: say how long it is: Content-Length.\\n" if { method POST PUT PATCH } !{ req.hdr(content-length) -m found }`,
    `http-request return status 411 ${plainText} string "411: say how long it is: Content-Length.\\n" if { req.hdr(transfer-encoding) -m found }`,
  ]);
}

function redirect(route: Route): readonly string[] {
  return set(route, "redirect", (value) => {
    const parsed = parseRedirect(value);
    return parsed === undefined
      ? []
      : [`http-request redirect prefix ${literal(parsed.url)} code ${parsed.status}`];
  });
}

function headers(route: Route, name: SettingName, rule: "http-request" | "http-response"): readonly string[] {
  return set(route, name, (value) =>
    value.split("\n").map((line) => {
      const at = line.indexOf(":");
      const [header, text] = [line.slice(0, at), line.slice(at + 1).trim()];
      return text === "" ? `${rule} del-header ${header}` : `${rule} set-header ${header} ${literal(text)}`;
    }),
  );
}

/** OpenShift's own way to say it. */
function headerActions({ spec: { httpHeaders } }: Route): readonly string[] {
  const lines = (rule: string, list: readonly HeaderAction[] = []): readonly string[] =>
    list.map(({ name, action }) =>
      action.type === "Delete"
        ? `${rule} del-header ${name}`
        : `${rule} set-header ${name} ${literal(action.set?.value ?? "")}`,
    );
  const { request, response } = httpHeaders?.actions ?? {};
  return [...lines("http-request", request), ...lines("http-response", response)];
}

/** `/api` with the target `/` makes `/` of `/api`, and `/x` of `/api/x`. */
function rewrite(route: Route): readonly string[] {
  return set(route, "rewrite", (target) => {
    const from = `^${routePath(route).replace(/[.*+?^$()|[\]{}\\]/g, "\\$&")}/?(.*)$`;
    const to = `${target.replace(/\/+$/, "").replaceAll("%", "%%")}/\\1`;
    return [`http-request replace-path ${quoted(from)} ${quoted(to)}`];
  });
}

/** Where HAProxy would replace `%[...]`. */
function literal(text: string): string {
  return quoted(text.replaceAll("%", "%%"));
}

/** One word of the configuration, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replace(/[\r\n\0]/g, "").replaceAll("'", String.raw`'\''`)}'`;
}
