/** RFC 3339 with whole seconds, as Kubernetes writes times of objects. */
export function timestamp(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second === last.second) return last.text;
  // Many are made in one second: one text serves them all.
  last = { second, text: `${new Date(nowMs).toISOString().slice(0, 19)}Z` };
  return last.text;
}

let last = { second: Number.NaN, text: "" };
