import { processLabel } from "./app-names.ts";
import type { KubeObject } from "../../../meta.ts";

/** `web.x2x4q` of `shop-web-5d9f7-x2x4q`; of a pod without a process type, its name without the app's. */
export function shortPodName({ metadata }: KubeObject, app: string): string {
  const { name = "", labels } = metadata;
  const process = labels?.[processLabel];
  if (process !== undefined) return `${process}.${name.split("-").at(-1) ?? ""}`;
  return name.startsWith(`${app}-`) ? name.slice(app.length + 1) : name;
}
