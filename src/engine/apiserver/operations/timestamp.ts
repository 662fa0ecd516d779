/** RFC 3339 with whole seconds, as Kubernetes writes times of metadata. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}
