/** One plugin held against one node, for table tests. */

import type { Plugin, Reason } from "../framework/plugin.ts";
import { Cluster } from "../snapshot/cluster.ts";
import type { NodeObject, PodObject } from "../snapshot/objects.ts";
import { readPod } from "../snapshot/pod-info.ts";
import type { RelatedObject } from "../snapshot/related.ts";

export interface Situation {
  readonly node: NodeObject;
  readonly pod: PodObject;
  /** Pods that the node has. */
  readonly present?: readonly PodObject[] | undefined;
  /** Other objects, by kind. */
  readonly related?: Readonly<Record<string, readonly RelatedObject[]>> | undefined;
}

function clusterOf({ node, present = [], related = {} }: Situation): Cluster {
  const cluster = new Cluster();
  for (const [kind, objects] of Object.entries(related)) {
    for (const object of objects) cluster.related.set(kind, object);
  }
  cluster.setNode(node);
  for (const pod of present) cluster.addPod(readPod(pod), node.metadata.name ?? "");
  return cluster;
}

/** Why the plugin keeps the pod from the node, with the numbers. */
export function filterVerdict<F, S>(plugin: Plugin<F, S>, situation: Situation): readonly Reason[] {
  const cluster = clusterOf(situation);
  const prepared = plugin.preFilter?.(readPod(situation.pod), cluster) ?? { type: "skip" };
  if (prepared.type === "skip") return [];
  if (prepared.type === "reject") return [prepared.reason];
  const detail = plugin.filter?.(prepared.state, 0, cluster) ?? 0;
  return detail === 0 ? [] : (plugin.reasons?.(prepared.state, detail, { row: 0, cluster }) ?? []);
}

export function filterReasons<F, S>(plugin: Plugin<F, S>, situation: Situation): readonly string[] {
  return filterVerdict(plugin, situation).map(({ text }) => text);
}

/** Undefined when the plugin has nothing to say. */
export function rawScoreOf<F, S>(plugin: Plugin<F, S>, situation: Situation): number | undefined {
  const cluster = clusterOf(situation);
  const prepared = plugin.preScore?.(readPod(situation.pod), cluster) ?? { type: "skip" };
  return prepared.type === "state" ? plugin.score?.(prepared.state, 0, cluster) : undefined;
}
