/** Rules that look at the pod and one node alone. */

import type { NodeAffinity, Pod } from "./objects.ts";
import { isTolerated, keptAwayBy, termMatches, wantsNode } from "./selectors.ts";
import { podsOn, shareOfBest, type Rule } from "./world.ts";

export const nodeUnschedulable: Rule = {
  name: "NodeUnschedulable",
  filter: ({ spec }, node) => {
    const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
    if (node.spec?.unschedulable !== true || isTolerated(spec.tolerations, taint)) return [];
    return ["node(s) were unschedulable"];
  },
};

export const nodeName: Rule = {
  name: "NodeName",
  filter: ({ spec: { nodeName: wanted = "" } }, { metadata }) =>
    wanted === "" || wanted === metadata.name ? [] : ["node(s) didn't match the requested node name"],
};

export const taintToleration: Rule = {
  name: "TaintToleration",
  filter: (pod, node) => {
    const taint = keptAwayBy(pod, node);
    return taint === undefined ? [] : [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`];
  },
  score: ({ spec }, fitting) => {
    const raw = fitting.map(
      (node) =>
        (node.spec?.taints ?? []).filter(
          (taint) => taint.effect === "PreferNoSchedule" && !isTolerated(spec.tolerations, taint),
        ).length,
    );
    return { raw, normalized: shareOfBest(raw).normalized.map((share) => 100 - share) };
  },
};

/** `added` holds for all pods besides their own. */
export function nodeAffinity(added?: NodeAffinity): Rule {
  const preferencesOf = ({ spec }: Pod) => [
    ...(added?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
  ];
  return {
    name: "NodeAffinity",
    filter: (pod, node) => {
      const required = added?.requiredDuringSchedulingIgnoredDuringExecution;
      if (required !== undefined && !required.nodeSelectorTerms.some((term) => termMatches(term, node))) {
        return ["node(s) didn't match scheduler-enforced node affinity"];
      }
      return wantsNode(pod, node) ? [] : ["node(s) didn't match Pod's node affinity/selector"];
    },
    score: (pod, fitting) => {
      const preferences = preferencesOf(pod);
      if (preferences.length === 0) return undefined;
      const raw = fitting.map((node) =>
        preferences
          .filter(({ preference }) => termMatches(preference, node))
          .reduce((sum, { weight }) => sum + weight, 0),
      );
      return shareOfBest(raw);
    },
  };
}

interface Port {
  readonly port: number;
  readonly protocol: string;
  readonly address: string;
}

export const nodePorts: Rule = {
  name: "NodePorts",
  filter: (pod, node, world) => {
    const held = podsOn(node, world).flatMap(portsOf);
    const taken = portsOf(pod).some((port) => held.some((other) => sharesPort(port, other)));
    return taken ? ["node(s) didn't have free ports for the requested pod ports"] : [];
  },
};

/** Ports of the node that the pod holds. */
export function portsOf({ spec }: Pod): readonly Port[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .map(({ containerPort = 0, hostPort = 0, protocol = "TCP", hostIP = "" }) => ({
      port: hostPort === 0 && spec.hostNetwork === true ? containerPort : hostPort,
      protocol,
      address: hostIP === "" ? "0.0.0.0" : hostIP,
    }))
    .filter(({ port }) => port > 0);
}

export function sharesPort(a: Port, b: Port): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.address === b.address || a.address === "0.0.0.0" || b.address === "0.0.0.0";
}
