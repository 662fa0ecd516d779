/** What plugins can do for a pod between decision and binding, other than say yes or no. */

import type { JsonValue } from "../../model/schema.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

export type PermitResult =
  | { readonly type: "allow" }
  | { readonly type: "reject"; readonly reason: string }
  /** The pod keeps its place until the plugin allows or rejects it, or the time is up, which rejects it. */
  | { readonly type: "wait"; readonly timeoutMs: number };

/** A pod that has a place and waits for the permission of one or more plugins. */
export interface WaitingPod {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** The plugin of that name has nothing against it any more; bound when no other plugin makes it wait. */
  allow(plugin: string): void;
  reject(plugin: string, reason: string): void;
}

export interface PlacementContext {
  readonly cluster: Cluster;
  /** Aborts when the pod is gone or the scheduler stops. */
  readonly signal: AbortSignal;
  /** Those that wait at this moment, the pod itself not among them. */
  waiting(): readonly WaitingPod[];
}

/** For `preBind`: what must be in the API before the pod is bound. */
export interface PreBindContext extends PlacementContext {
  /** Merges the body into an object of a kind that the plugin has in `related`; rejects with what the API says. */
  patch(
    kind: string,
    ref: { readonly namespace?: string; readonly name: string },
    body: JsonValue,
  ): Promise<void>;
  /**
   * Asks `look` now and after every change of related objects until it has an answer. Rejects when the time is up
   * or the signal aborts.
   */
  until<T>(look: () => T | undefined, timeoutMs: number): Promise<T>;
}
