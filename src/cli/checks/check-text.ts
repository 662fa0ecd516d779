/** Health checks in words: what is asked, how often, and what went wrong last. */

import type { Event } from "../../model/kinds/core/event/event.ts";
import { isConditionTrue } from "../../model/conditions.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import { ageText } from "../../model/table.ts";

const failureText = /^(Startup|Readiness|Liveness) probe failed: ([^]*)$/;

export function askedText({ httpGet, tcpSocket, exec, grpc }: Probe): string {
  if (httpGet !== undefined) {
    const { scheme = "HTTP", path = "/", port } = httpGet;
    return `${scheme} GET ${path} on ${portText(port)}`;
  }
  if (tcpSocket !== undefined) return `TCP connection to ${portText(tcpSocket.port)}`;
  if (grpc !== undefined)
    return `gRPC health of ${grpc.service === undefined || grpc.service === "" ? "the server" : grpc.service} on ${portText(grpc.port)}`;
  const words = exec?.command ?? [];
  return `command ${words[0] === "/bin/sh" && words[1] === "-c" ? words.slice(2).join(" ") : words.join(" ")}`;
}

function portText(port: string | number): string {
  return port === "http" ? "its port" : `port ${port}`;
}

/** A line for each pod that is not ready and of which a check fails. */
export function failingChecks(
  pods: readonly Pod[],
  events: readonly Event[],
  { nameOf, nowMs }: { readonly nameOf: (pod: Pod) => string; readonly nowMs: number },
): string[] {
  const newest = events.toSorted((a, b) => ((a.lastTimestamp ?? "") < (b.lastTimestamp ?? "") ? 1 : -1));
  return pods.flatMap((pod) => {
    if (pod.metadata.deletionTimestamp !== undefined) return [];
    if (isConditionTrue(pod.status?.conditions, "Ready")) return [];
    const found = newest.find(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
    const match = failureText.exec(found?.message ?? "");
    if (found === undefined || match === null) return [];
    const [, title = "", message = ""] = match;
    const count = found.count ?? 1;
    const since = ageText(found.firstTimestamp, nowMs);
    const times = count === 1 ? `${since} ago` : `${count} times since ${since} ago`;
    const last = count === 1 ? "" : `, last ${ageText(found.lastTimestamp, nowMs)} ago`;
    return [`${nameOf(pod)}: ${title.toLowerCase()} check failed ${times}${last}: ${message.trim()}`];
  });
}
