/** One line of the access log: taken apart from what HAProxy writes, and put into words for people. */

export interface AccessLine {
  readonly timeMs: number;
  readonly namespace: string;
  readonly app: string;
  readonly route: string;
  /** `address:port` of the server; `-` when none was asked. */
  readonly server: string;
  readonly status: string;
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
    backend = "",
    server = "",
    status = "",
    bytes = "",
    tookMs = "",
    client = "",
    method = "",
  ] = words;
  const [namespace, app = "", route] = (nameOf(backend) ?? "").split(":");
  const timeMs = Math.round(Number(time) * 1000);
  if (namespace === undefined || route === undefined || !Number.isFinite(timeMs)) return undefined;
  const uri = words.slice(8, -1).join(" ");
  return { timeMs, namespace, app, route, server, status, bytes, tookMs, client, method, uri };
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

function endOf({ status }: AccessLine): string {
  if (isUnreached(status)) return "not-reached";
  return ends[status[0] ?? ""] ?? status;
}

/** No instance took the connection: the state is that of a queue or of connecting. */
function isUnreached(status: string): boolean {
  return /^[Ss][QC]$/.test(status);
}

/** Whether the app, or the router for it, failed. */
export function isFailed(line: AccessLine): boolean {
  return isConnection(line) ? isUnreached(line.status) : Number(line.status) >= 500;
}

/** `GET /path status=200 took=12ms bytes=345 client=127.0.0.1 to=hello-web-abc`. */
export function accessText(line: AccessLine, targetOf: (server: string) => string | undefined): string {
  const to = line.server.startsWith("-") ? "none" : (targetOf(line.server) ?? line.server);
  const { method, uri, status, tookMs, bytes, client } = line;
  if (isConnection(line))
    return `TCP ${uri} ended=${endOf(line)} open=${tookMs}ms bytes=${bytes} client=${client} to=${to}`;
  return `${method} ${uri} status=${status} took=${tookMs}ms bytes=${bytes} client=${client} to=${to}`;
}
