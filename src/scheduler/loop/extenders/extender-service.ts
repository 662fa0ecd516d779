/**
 * The rules as an extender of another scheduler, in kube-scheduler's format: which of the nodes that are given take
 * the pod, how good they are, whether evicting the given pods makes room by these rules too, and the binding.
 *
 * Answers come from the view of the cluster that the scheduler has anyway; what the other scheduler has decided and not
 * yet bound is not in it, except for what is bound here.
 */

import type { Client } from "../../../client/client.ts";
import { messageOf } from "../../../lib/errors.ts";
import { pod as podKind } from "../../../model/kinds/core/pod/pod.ts";
import type { Decider, Decision } from "../../decide.ts";
import { FITS, NO_NODE } from "../../framework/verdict.ts";
import { without } from "../../plugins/defaultpreemption/victims.ts";
import type { NodeObject, PodObject } from "../../snapshot/objects.ts";
import { readPod, type PodInfo } from "../../snapshot/pod-info.ts";
import {
  readArgs,
  readBindingArgs,
  readPreemptionArgs,
  victimsText,
  type ArgsWire,
  type HostPriorityWire,
  type VictimsWire,
} from "./wire.ts";

export const extenderVerbs = ["filter", "prioritize", "preempt", "bind"] as const;
export type ExtenderVerb = (typeof extenderVerbs)[number];

/** Points go from 0 to this. */
const MAX_POINTS = 10;
const unknownNode = "node is not known to Nagi (yet)";

export interface ExtenderServiceOptions {
  readonly client: Client;
  /** Whose rules hold for the pod; undefined while the cluster is not known. */
  readonly deciderFor: (pod: PodObject) => Decider | undefined;
}

export class ExtenderService {
  readonly #options: ExtenderServiceOptions;

  constructor(options: ExtenderServiceOptions) {
    this.#options = options;
  }

  /** What is to be sent back as JSON; rejects when the request is none, or cannot be answered in this format. */
  async answer(verb: ExtenderVerb, body: unknown): Promise<unknown> {
    if (verb === "bind") return await this.#bind(body);
    if (verb === "preempt") return this.#preempt(body);
    if (verb === "prioritize") return this.#prioritize(readArgs(body));
    try {
      return this.#filter(readArgs(body));
    } catch (error) {
      return { Nodes: null, NodeNames: null, Error: messageOf(error) };
    }
  }

  #filter(args: ArgsWire): unknown {
    const { decision, decider } = this.#decide(args.pod);
    const failed: Record<string, string> = {};
    const unresolvable: Record<string, string> = {};
    const takes = (name: string): boolean => {
      const refusal = refusalOf(name, decision, decider);
      if (refusal === undefined) return true;
      (refusal.isResolvable ? failed : unresolvable)[name] = refusal.text;
      return false;
    };
    const kept = takesNames(args)
      ? { Nodes: null, NodeNames: (args.nodeNames ?? []).filter(takes) }
      : {
          Nodes: { metadata: {}, items: nodesOf(args).filter((node) => takes(nameOf(node))) },
          NodeNames: null,
        };
    return { ...kept, FailedNodes: failed, FailedAndUnresolvableNodes: unresolvable, Error: "" };
  }

  /** The best of the given nodes has all points, the worst none, the others by their totals. */
  #prioritize(args: ArgsWire): unknown {
    const { decision, decider } = this.#decide(args.pod);
    const totals = namesOf(args).map((host) => {
      const row = decider.cluster.rowOf(host);
      return { host, total: row === undefined ? -1 : decision.evaluation.ranking.totalOf(row) };
    });
    const fitting = totals.flatMap(({ total }) => (total < 0 ? [] : [total]));
    const [least, most] = [Math.min(...fitting), Math.max(...fitting)];
    return totals.map(({ host, total }) => {
      const points =
        most === least ? MAX_POINTS : Math.round((MAX_POINTS * (total - least)) / (most - least));
      return wirePriority({ host, score: total < 0 ? 0 : points });
    });
  }

  /** Leaves the nodes that take the pod, by these rules too, once the victims are gone. */
  #preempt(body: unknown): unknown {
    const args = readPreemptionArgs(body);
    const { decision, decider } = this.#decide(args.pod);
    const { cluster } = decider;
    const attempt = decider.attempt(decision, () => false);
    const left = new Map<string, VictimsWire>();
    for (const [nodeName, victims] of args.victims) {
      const row = cluster.rowOf(nodeName);
      if (row === undefined) continue;
      const present = victims.uids.flatMap((uid): PodInfo[] => {
        const found = cluster.pod(uid);
        return found?.nodeName === nodeName ? [found.info] : [];
      });
      if (without(present, cluster, () => attempt.judge(row) === FITS)) left.set(nodeName, victims);
    }
    return { NodeNameToMetaVictims: victimsText(left) };
  }

  async #bind(body: unknown): Promise<unknown> {
    const { podName: name, podNamespace: namespace, podUid: uid, node } = readBindingArgs(body);
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    try {
      await this.#options.client.post(podKind, { name, namespace }, "binding", binding);
      return { Error: "" };
    } catch (error) {
      return { Error: `cannot bind ${namespace}/${name} to ${node}: ${messageOf(error)}` };
    }
  }

  #decide(pod: PodObject): { readonly decision: Decision; readonly decider: Decider } {
    const decider = this.#options.deciderFor(pod);
    if (decider === undefined) throw new Error("the cluster is not known yet: ask again");
    return { decision: decider.decide(readPod(pod)), decider };
  }
}

interface Refusal {
  readonly text: string;
  /** Whether other pods' leaving could turn it. */
  readonly isResolvable: boolean;
}

function refusalOf(nodeName: string, { evaluation }: Decision, { cluster }: Decider): Refusal | undefined {
  const row = cluster.rowOf(nodeName);
  const verdict = row === undefined ? NO_NODE : evaluation.verdictOf(row);
  if (row === undefined || verdict === NO_NODE) return { text: unknownNode, isResolvable: false };
  if (verdict === FITS) return undefined;
  const { cycle } = evaluation;
  const text = cycle.reasonsOf(verdict).join(", ");
  return { text: text === "" ? "refused" : text, isResolvable: cycle.isResolvable(verdict, row, cluster) };
}

function takesNames({ nodeNames, nodes }: ArgsWire): boolean {
  return nodes === undefined && nodeNames !== undefined;
}

function nodesOf({ nodes }: ArgsWire): readonly NodeObject[] {
  return nodes?.items ?? [];
}

function namesOf(args: ArgsWire): readonly string[] {
  return takesNames(args) ? (args.nodeNames ?? []) : nodesOf(args).map(nameOf);
}

function nameOf({ metadata }: NodeObject): string {
  return metadata.name ?? "";
}

function wirePriority({ host, score }: HostPriorityWire): unknown {
  return { Host: host, Score: score };
}
