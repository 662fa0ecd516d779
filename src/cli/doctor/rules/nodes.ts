/** Nodes that cannot carry what runs on them. */

import { findCondition } from "../../../model/conditions.ts";
import type { Evidence, Finding } from "../evidence.ts";

const pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"] as const;

export function sickNodes({ nodes, pods }: Evidence): Finding[] {
  const used = new Set(pods.map(({ spec }) => spec.nodeName));
  return nodes
    .filter(({ metadata }) => used.has(metadata.name))
    .flatMap(({ metadata, status }): Finding[] => {
      const { name = "" } = metadata;
      const ready = findCondition(status?.conditions, "Ready");
      const isDown = ready !== undefined && ready.status !== "True";
      const high = pressures.flatMap((type) => {
        const condition = findCondition(status?.conditions, type);
        return condition?.status === "True" ? [condition] : [];
      });
      const next = [`nagi describe node ${name}`, "nagi status"];
      const down: Finding = {
        cause: "NodeNotReady",
        severity: "error",
        text: `the node ${name}, where some of it runs, is not ready`,
        evidence: [`${ready?.reason ?? ""}: ${ready?.message ?? "no word from it"}`],
        next,
      };
      const strained = high.map(({ type, message }): Finding => ({
        cause: type,
        severity: "warning",
        text: `the node ${name}, where some of it runs, is short of ${shortOf[type] ?? type}`,
        evidence: [message ?? type],
        next,
      }));
      return [...(isDown ? [down] : []), ...strained];
    });
}

const shortOf: Readonly<Record<string, string>> = {
  MemoryPressure: "memory",
  DiskPressure: "disk space",
  PIDPressure: "process ids",
};
