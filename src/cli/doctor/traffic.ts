/** What the router's lines of an app add up to. */

export interface RequestLine {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly tookMs: number;
  /** Name of the pod; `none` when no server was asked. */
  readonly to: string;
}

export interface PathTraffic {
  readonly path: string;
  readonly count: number;
  readonly p95Ms: number;
}

export interface Traffic {
  readonly requests: number;
  /** Answers of 500 and above that came from the app. */
  readonly appErrors: number;
  /** Requests that the router answered itself, since no process did. */
  readonly unserved: number;
  /** Milliseconds; 0 without requests. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** The slowest paths, by their 95th percentile. */
  readonly slowest: readonly PathTraffic[];
  /** Paths that brought errors most often, with how many. */
  readonly failing: readonly { readonly path: string; readonly count: number }[];
}

const shownPathsMax = 3;

/** Undefined for a line that speaks of no request. */
export function parseRequestLine(text: string): RequestLine | undefined {
  const match = /^(\S+) (.+) status=(\d+)(?: ended=\S+)? took=(-?\d+)ms bytes=\S+ client=\S+ to=(\S+)$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, method = "", uri = "", status, took, to = ""] = match;
  return { method, path: uri.replace(/[?#].*$/, ""), status: Number(status), tookMs: Number(took), to };
}

export function trafficOf(lines: readonly RequestLine[]): Traffic {
  const took = sorted(lines);
  const byPath = Map.groupBy(lines, ({ path }) => path);
  const paths = [...byPath].map(([path, some]) => {
    return { path, count: some.length, p95Ms: percentile(sorted(some), 95) };
  });
  const failing = [...Map.groupBy(lines.filter(isAppError), ({ path }) => path)]
    .map(([path, some]) => ({ path, count: some.length }))
    .toSorted((a, b) => b.count - a.count);
  return {
    requests: lines.length,
    appErrors: lines.filter(isAppError).length,
    unserved: lines.filter(({ to, status }) => to === "none" && status >= 500).length,
    p50Ms: percentile(took, 50),
    p95Ms: percentile(took, 95),
    slowest: paths.toSorted((a, b) => b.p95Ms - a.p95Ms).slice(0, shownPathsMax),
    failing: failing.slice(0, shownPathsMax),
  };
}

function isAppError({ status, to }: RequestLine): boolean {
  return status >= 500 && to !== "none";
}

function sorted(lines: readonly RequestLine[]): number[] {
  return lines.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
}

/** The smallest value that `percent` of them do not exceed; 0 of none. */
function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.max(0, Math.ceil((ascending.length * percent) / 100) - 1)] ?? 0;
}
