/**
 * What a scheduler plugin is: one folder that exports one `Plugin`, with any of the extension points below.
 *
 * `preFilter` and `preScore` read the pod once and leave what they worked out as a state. `filter` and `score`
 * then answer for one node at a time, from that state and the columns of the cluster: they run for every node, so
 * they must not allocate. A state is kept while nodes change and is shared by all pods of equal `shareKey`; it
 * may hold columns and numbers from the cluster (they are dropped when `cluster.layout` moves), never a node's
 * present values.
 *
 * A plugin never waits, reads no clock and does no I/O; only `permit` and `preBind` may take their time.
 */

import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ClusterEvent } from "./events.ts";
import type { PermitResult, PlacementContext, PreBindContext } from "./placement.ts";

/** A pod of the cluster that stands in the way. */
export interface Holder {
  /** `namespace/name` */
  readonly pod: string;
  /** How much of what is short it has, as a quantity. */
  readonly amount?: string | undefined;
  /** The port it has, for instance 8080/TCP. */
  readonly port?: string | undefined;
}

/** Quantities of one resource of one node. */
export interface Shortage {
  readonly resource: string;
  readonly needed: string;
  readonly free: string;
  readonly offered: string;
}

/** Why a node does not take a pod. */
export interface Reason {
  /** As FailedScheduling counts it: Kubernetes' words where it has some. */
  readonly text: string;
  /** The numbers behind it, for one node: "needs 500m, 300m free of 2". */
  readonly detail?: string | undefined;
  /** The same for programs: what is short, for one node. */
  readonly shortage?: Shortage | undefined;
  /** The pods in the way on (or for) one node, those that matter most first; a few. */
  readonly holders?: readonly Holder[] | undefined;
  /** Whether other pods' leaving could change it. */
  readonly resolvable: boolean;
}

/** What a plugin works out of a pod before it looks at nodes. */
export type Prepared<State> =
  | { readonly type: "state"; readonly state: State }
  /** The plugin has nothing to say about this pod. */
  | { readonly type: "skip" }
  /** No node will do, whatever it looks like. */
  | { readonly type: "reject"; readonly reason: Reason };

export const skip = { type: "skip" } as const;

export function proceed<State>(state: State): Prepared<State> {
  return { type: "state", state };
}

export function reject(reason: Reason): { readonly type: "reject"; readonly reason: Reason } {
  return { type: "reject", reason };
}

/** The smallest and the largest raw score among the nodes that fit. */
export interface ScoreBounds {
  readonly min: number;
  readonly max: number;
}

/** A number of the node in the row. */
export type Mark = (row: number) => number;

/** The nodes that fit. */
export interface Fitting {
  /** Those with equal marks are one: one of their rows, and how many they are. */
  readonly classes: readonly { readonly row: number; readonly size: number }[];
  eachRow(visit: (row: number) => void): void;
}

/** A pod that no node took, for plugins that could help. Valid until the cluster changes. */
export interface Attempt {
  readonly pod: PodInfo;
  readonly cluster: Cluster;
  /** Pods with equal keys get equal answers. */
  readonly key: string;
  /** Whether what each node says of the pod depends on that node and its pods alone. */
  readonly nodeLocal: boolean;
  /** Another one when the plugins have read the pod anew: what was found out before is void. */
  readonly basis: object;
  /** The verdict of the node as the cluster is at this moment, `tentatively` or not; 0 when it takes the pod. */
  readonly judge: (row: number) => number;
  /** Whether other pods' leaving could turn the "no" of the node. */
  readonly isResolvable: (row: number) => boolean;
  /** What a verdict of `judge` means. */
  readonly reasonsOf: (verdict: number) => readonly string[];
  /** Whether the pod is being evicted, even if it does not show that yet. */
  readonly isLeaving: (pod: PodInfo) => boolean;
}

/** A node where room could be made. */
export interface Candidate {
  readonly nodeName: string;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them go against a disruption budget. */
  readonly violations: number;
}

/** What a plugin that could help after all nodes said no has to say. */
export interface PostFilterResult {
  /** As a sentence for the user; empty when there is nothing to say. */
  readonly message: string;
  /** These pods are to be evicted from the node to make room for the pod. */
  readonly nomination?: { readonly nodeName: string; readonly victims: readonly PodInfo[] } | undefined;
}

export const MAX_NODE_SCORE = 100;

export interface Plugin<FilterState = unknown, ScoreState = unknown> {
  /** For instance NodePorts. */
  readonly name: string;
  /** Its name as a predicate or priority in OpenShift v3, for instance PodFitsPorts. */
  readonly policyName?: string | undefined;
  /**
   * Whether what the filter says of a node depends on that node and its pods alone. It lets the queue find out
   * exactly whether a change of a node lets a waiting pod in.
   */
  readonly nodeLocal?: boolean | undefined;
  /**
   * Kinds in `cluster.related` that it looks at, for pods whose `shareKey` is not empty: when one of them changed,
   * such a pod is held against all nodes anew.
   */
  readonly related?: readonly string[] | undefined;

  /**
   * For answers that depend on other nodes and their pods too: a number that only grows, and has grown when that
   * changed; the pod is then held against all nodes anew. Asked at every decision, so it must be cheap.
   */
  version?(pod: PodInfo, cluster: Cluster): number;

  /** All of the pod that the answers depend on, as text; plugins without it look at nothing of the pod. */
  shareKey?(pod: PodInfo): string;
  /**
   * What `shareKey` comes down to in the cluster as it is, for pods that differ in more than matters: pods of equal
   * standing share what was worked out. What related objects and the terms of other pods say of the pod is part of it.
   */
  standing?(pod: PodInfo, cluster: Cluster): string;

  /**
   * Of a plugin that looks at pods on other nodes through `cluster.topology`: numbers of a node that change only with
   * the node's row in the change log. Nodes whose numbers are all equal get the same answer, whatever it is, so that it
   * is asked once for all of them and again whenever anything has changed.
   */
  marks?(state: FilterState): readonly Mark[];

  preFilter?(pod: PodInfo, cluster: Cluster): Prepared<FilterState>;
  /** 0 when the pod fits the node in this row, else up to 24 bits for `reasons`. */
  filter?(state: FilterState, row: number, cluster: Cluster): number;
  /** What `detail` means; `row` is absent when the text for all nodes with this detail is wanted. */
  reasons?(state: FilterState, detail: number, at?: { row: number; cluster: Cluster }): readonly Reason[];
  /** Whether other pods' leaving could turn this "no" of this node; without it `reasons` say so for all nodes. */
  resolvable?(state: FilterState, detail: number, at: { row: number; cluster: Cluster }): boolean;
  /** After no node fitted. */
  postFilter?(attempt: Attempt): PostFilterResult | undefined;
  /** Of a plugin that nominates: the best nodes where room could be made, for extenders that have a say in it. */
  candidates?(attempt: Attempt, limit: number): readonly Candidate[];

  preScore?(pod: PodInfo, cluster: Cluster): Prepared<ScoreState>;
  /** The same for scores, which may depend on which nodes fit too. */
  scoreMarks?(state: ScoreState): readonly Mark[];
  /** With `scoreMarks`: before scores are asked for, which nodes fit. */
  survey?(state: ScoreState, fitting: Fitting): void;
  /**
   * An integer; from 0 to MAX_NODE_SCORE unless `normalize` brings it there. With `scoreMarks` it may be NaN for a node
   * that gets 0 in the end and is not among those that others are compared with.
   */
  score?(state: ScoreState, row: number, cluster: Cluster): number;
  normalize?(raw: number, bounds: ScoreBounds): number;

  /** Whether the event could make the pod fit where this plugin said no; without it every event could. */
  hint?(event: ClusterEvent, pod: PodInfo, cluster: Cluster): boolean;

  /** The pod was given to the node; a reason refuses. Undone by `unreserve` when the binding fails. */
  reserve?(pod: PodInfo, nodeName: string, cluster: Cluster): Reason | undefined;
  unreserve?(pod: PodInfo, nodeName: string, context: PlacementContext): void;
  /** Before the binding; while the pod waits, or the promise is open, its place is kept. */
  permit?(pod: PodInfo, nodeName: string, context: PlacementContext): PermitResult | Promise<PermitResult>;
  /** Whether `preBind` has anything to do for the pod; without it it has for every pod. */
  needsPreBind?(pod: PodInfo): boolean;
  /** After permission, before the binding: writes what must be there first. A reason refuses. */
  preBind?(
    pod: PodInfo,
    nodeName: string,
    context: PreBindContext,
  ): Reason | undefined | Promise<Reason | undefined>;
}
