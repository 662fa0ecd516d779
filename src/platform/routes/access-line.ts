/** One line of the access log: taken apart from what HAProxy writes, and put into words for people. */

export interface AccessLine {
  readonly timeMs: number;
  readonly namespace: string;
  readonly app: string;
  readonly route: string;
  /** `address:port` of the server; `-` when none was asked. */
  readonly server: string;
  readonly status: string;
  /** How it ended, in HAProxy's letters. */
  readonly end: string;
  readonly bytes: string;
  readonly tookMs: string;
  readonly client: string;
  readonly method: string;
  readonly uri: string;
}

/** Undefined for what is no line of a route. `nameOf` gives `namespace:app:route` of a backend. */
function parseAccessLine(
  line: string,
  nameOf: (backend: string) => string | undefined,
): AccessLine | undefined {
  const words = line.split(" ");
  const [
    time = "",
    backends = "",
    server = "",
    answer = "",
    bytes = "",
    tookMs = "",
    client = "",
    method = "",
  ] = words;
  const [backend = "", inPlaceOf = "-"] = backends.split("/");
  // A line of TCP has no status, and says in its place how it ended.
  const [status = "", end = status] = answer.split("/");
  const name = nameOf(inPlaceOf === "-" ? backend : inPlaceOf);
  const [namespace, app = "", route] = (name ?? "").split(":");
  const timeMs = Math.round(Number(time) * 1000);
  if (namespace === undefined || route === undefined || !Number.isFinite(timeMs)) return undefined;
  const uri = words.slice(8, -1).join(" ");
  return { timeMs, namespace, app, route, server, status, end, bytes, tookMs, client, method, uri };
}

/** Those of routes, of lines that HAProxy wrote. */
export function parseAccessLines(
  lines: readonly string[],
  nameOf: (backend: string) => string | undefined,
): AccessLine[] {
  const names = new Map<string, string | undefined>();
  const known = (backend: string): string | undefined => {
    if (!names.has(backend)) names.set(backend, nameOf(backend));
    return names.get(backend);
  };
  return lines.flatMap((line) => parseAccessLine(line, known) ?? []);
}

/** Whether it tells of a connection of a route of TCP, whose status is how it ended. */
export function isConnection({ method }: AccessLine): boolean {
  return method === "TCP";
}

/** Who ended it, in HAProxy's letters: https://docs.haproxy.org/2.6/configuration.html#8.5 */
const ends: Readonly<Record<string, string>> = {
  "-": "well",
  C: "by-client",
  S: "by-app",
  P: "refused",
  R: "no-resources",
  I: "router-error",
  D: "app-gone",
  U: "app-back",
  K: "by-operator",
  c: "client-silent",
  s: "app-silent",
};

function endOf({ end }: AccessLine): string {
  if (isUnreached(end)) return "not-reached";
  return ends[end[0] ?? ""] ?? end;
}

/** Of an answer that did not come, or not to its end; a web socket's end is told only when it was silent for too long. */
function cutText(line: AccessLine): string {
  const [who = "-", phase] = line.end;
  if (who === "-" || (phase !== "H" && phase !== "D")) return "";
  if (line.status === "101" && who !== who.toLowerCase()) return "";
  return ` ended=${who === "P" ? "bad-answer" : endOf(line)}`;
}

/** No instance took the connection: the state is that of a queue or of connecting. */
function isUnreached(status: string): boolean {
  return /^[Ss][QC]$/.test(status);
}

/** Whether the app, or the router for it, failed. */
export function isFailed(line: AccessLine): boolean {
  return isConnection(line) ? isUnreached(line.end) : Number(line.status) >= 500;
}

/** `GET /path status=200 took=12ms bytes=345 client=127.0.0.1 to=hello-web-abc`. */
export function accessText(line: AccessLine, targetOf: (server: string) => string | undefined): string {
  const to = line.server.startsWith("-") ? "none" : (targetOf(line.server) ?? line.server);
  const { method, uri, status, tookMs, bytes, client } = line;
  if (isConnection(line))
    return `TCP ${uri} ended=${endOf(line)} open=${tookMs}ms bytes=${bytes} client=${client} to=${to}`;
  return `${method} ${uri} status=${status}${cutText(line)} took=${tookMs}ms bytes=${bytes} client=${client} to=${to}`;
}
