/** One line of an app's log, and its text: `TIME SOURCE TEXT`. */

export interface LogLine {
  /** RFC 3339, in UTC. */
  readonly time: string;
  /** `web.x2x4q` (`web.x2x4q/sidecar` of a further container), `router` or `platform`. */
  readonly source: string;
  readonly text: string;
}

export const logKinds = ["app", "router", "platform"] as const;
export type LogKind = (typeof logKinds)[number];

export function logLineText({ time, source, text }: LogLine): string {
  return `${time} ${source} ${text}\n`;
}

/** Undefined for what is none; without the line feed at its end. */
export function parseLogLine(line: string): LogLine | undefined {
  const timeEnd = line.indexOf(" ");
  const sourceEnd = line.indexOf(" ", timeEnd + 1);
  if (timeEnd < 20 || sourceEnd < 0) return undefined;
  return {
    time: line.slice(0, timeEnd),
    source: line.slice(timeEnd + 1, sourceEnd),
    text: line.slice(sourceEnd + 1),
  };
}

export function logKindOf(source: string): LogKind {
  return source === "router" || source === "platform" ? source : "app";
}

/** Whether a line of this source is meant by `web`, `web.x2x4q`, `app`, `router` or `platform`. */
export function isOfSource(source: string, wanted: string): boolean {
  if (wanted === "app") return logKindOf(source) === "app";
  return source === wanted || source.startsWith(`${wanted}.`) || source.startsWith(`${wanted}/`);
}

/** By time; what has the same stays in its order. */
export function sortByTime<T extends { readonly time: string }>(lines: readonly T[]): T[] {
  return lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
