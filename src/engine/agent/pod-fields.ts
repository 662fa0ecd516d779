/** Values of the pod itself, for environment variables and files: fieldRef and resourceFieldRef. */

import { byteValue, milliValue } from "../../model/quantity.ts";
import type { Container, ResourceFieldSelector } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";

/** What of the pod's place is known before its status says it. */
export interface PodPlace {
  readonly podIP: string;
  readonly hostIP: string;
  /** Of the node: what counts as limit where a container has none. */
  readonly allocatable: { readonly cpu: string; readonly memory: string; readonly storage: string };
}

/** What keeps a container from being created until a user changes something. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/;

export function fieldValue(pod: Pod, place: PodPlace, path: string): string {
  const { metadata } = pod;
  const entry = subscript.exec(path);
  if (entry !== null) {
    const entries = entry[1] === "labels" ? metadata.labels : metadata.annotations;
    return entries?.[entry[2] ?? ""] ?? "";
  }
  const read = Object.hasOwn(fields, path) ? fields[path] : undefined;
  if (read === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return read(pod, place);
}

const fields: Readonly<Record<string, (pod: Pod, place: PodPlace) => string>> = {
  "metadata.name": ({ metadata }) => metadata.name ?? "",
  "metadata.namespace": ({ metadata }) => metadata.namespace ?? "",
  "metadata.uid": ({ metadata }) => metadata.uid ?? "",
  "metadata.labels": ({ metadata }) => entriesText(metadata.labels),
  "metadata.annotations": ({ metadata }) => entriesText(metadata.annotations),
  "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
  "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "default",
  "status.podIP": (_pod, { podIP }) => podIP,
  "status.podIPs": (_pod, { podIP }) => podIP,
  "status.hostIP": (_pod, { hostIP }) => hostIP,
  "status.hostIPs": (_pod, { hostIP }) => hostIP,
};

/** One `key="value"` a line, sorted. */
function entriesText(entries: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(entries ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

/** The amount in units of the divisor, rounded up. */
export function resourceValue(
  container: Container,
  place: PodPlace,
  selector: ResourceFieldSelector,
): string {
  const [list = "", ...rest] = selector.resource.split(".");
  const resource = rest.join(".");
  const { limits, requests } = container.resources ?? {};
  const amount = list === "limits" ? (limits?.[resource] ?? fallback(place, resource)) : requests?.[resource];
  if (resource === "cpu") {
    const unit =
      selector.divisor === undefined || selector.divisor === "0" ? 1000 : milliValue(selector.divisor);
    return String(Math.ceil(milliValue(amount) / unit));
  }
  const unit = selector.divisor === undefined || selector.divisor === "0" ? 1 : byteValue(selector.divisor);
  return String(Math.ceil(byteValue(amount) / unit));
}

function fallback(place: PodPlace, resource: string): string | undefined {
  if (resource === "cpu") return place.allocatable.cpu;
  if (resource === "memory") return place.allocatable.memory;
  return resource === "ephemeral-storage" ? place.allocatable.storage : undefined;
}

export function containerOf(pod: Pod, name: string | undefined): Container {
  const { containers, initContainers = [] } = pod.spec;
  const found = [...containers, ...initContainers].find((container) => container.name === name);
  if (found === undefined) throw new ConfigError(`container ${name ?? ""} not found`);
  return found;
}
