/**
 * Notices nodes that have gone silent: their Ready condition becomes Unknown, taints keep new pods away, their
 * pods get no requests and, after the time that they tolerate it, are deleted so that others replace them.
 *
 * Silence is measured from when a heartbeat was last seen to change, on this machine's clock. When this very
 * process stood still (a suspended machine, a stopped process), nobody was silent but itself: then every node
 * gets a fresh period. And while no node at all is ready, no pod has to go for it (full disruption, as in Kubernetes).
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { node as nodeKind, type Node } from "../../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { isConflict, isNotFound } from "../../../model/status.ts";
import { findCondition } from "../shared/conditions.ts";
import { recorderFor, type WorkloadContext } from "../shared/context.ts";
import { deletePod } from "../shared/delete-pod.ts";
import { holderOf, leaseHolderIndex, nodeIndex } from "../shared/informers.ts";
import { hasEnded, soonest } from "../shared/pods.ts";
import {
  evictionInMs,
  graceMs,
  healthTaintsOf,
  isFullDisruption,
  notReadyStatus,
  unreachableStatus,
} from "./decide.ts";

/** A check that comes this much later than it was due says that the process stood still. */
const standstillMs = 10_000;

interface Heartbeat {
  readonly text: string;
  readonly seenMs: number;
}

export function runNodeLifecycle(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new NodeLifecycleController(context);
  return runController(
    {
      name: "node-lifecycle",
      client,
      clock,
      log,
      watches: [
        { informer: informers.nodes, keysOf: (node: Node) => controller.concerned(node) },
        { informer: informers.leases, keysOf: holderOf },
        { informer: informers.pods, keysOf: ({ spec }: Pod) => controller.tainted(spec.nodeName) },
      ],
      reconcile: (name) => controller.reconcile(name),
    },
    signal,
  );
}

class NodeLifecycleController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #heartbeats = new Map<string, Heartbeat>();
  readonly #dueMs = new Map<string, number>();
  #fullDisruption = false;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "node-controller");
  }

  /** All nodes, when none is ready any more or one is again. */
  concerned({ metadata }: Node): string[] {
    const nodes = this.#context.informers.nodes.list();
    const before = this.#fullDisruption;
    this.#fullDisruption = isFullDisruption(nodes);
    if (this.#fullDisruption === before) return [metadata.name ?? ""];
    return nodes.map(({ metadata: { name = "" } }) => name);
  }

  tainted(name: string | undefined): string[] {
    const node = name === undefined ? undefined : this.#context.informers.nodes.get(name);
    const evicts = node?.spec?.taints?.some(({ effect }) => effect === "NoExecute") ?? false;
    return name !== undefined && evicts ? [name] : [];
  }

  async reconcile(name: string): Promise<Reconciled | undefined> {
    const node = this.#context.informers.nodes.get(name);
    if (node === undefined) {
      this.#heartbeats.delete(name);
      this.#dueMs.delete(name);
      return undefined;
    }
    const silentInMs = this.#silentInMs(name, node);
    let current = node;
    if (silentInMs <= 0) current = await this.#markUnreachable(node);
    current = await this.#taint(current);
    if (silentInMs <= 0) await this.#markPods(name);
    const evictInMs = await this.#evict(current);
    const requeueAfterMs = soonest([silentInMs > 0 ? silentInMs : undefined, evictInMs]);
    this.#noteDue(name, requeueAfterMs);
    return { requeueAfterMs };
  }

  /** Milliseconds until the node counts as silent. */
  #silentInMs(name: string, node: Node): number {
    const nowMs = this.#context.clock.now();
    const text = this.#heartbeatOf(name, node);
    const last = this.#heartbeats.get(name);
    const stoodStill = nowMs - (this.#dueMs.get(name) ?? nowMs) > standstillMs;
    if (last === undefined || last.text !== text || stoodStill) {
      this.#heartbeats.set(name, { text, seenMs: nowMs });
      return graceMs;
    }
    return last.seenMs + graceMs - nowMs;
  }

  /** What changes whenever the node gives a sign of life. */
  #heartbeatOf(name: string, node: Node): string {
    const leases = this.#context.informers.leases.byIndex(leaseHolderIndex, name);
    const renewals = leases.map(({ spec }) => spec?.renewTime ?? "");
    const ready = findCondition(node.status?.conditions, "Ready");
    const said = ready?.status === "Unknown" ? "" : JSON.stringify(node.status?.conditions);
    return [...renewals, said].join(" ");
  }

  #noteDue(name: string, afterMs: number | undefined): void {
    if (afterMs === undefined) this.#dueMs.delete(name);
    else this.#dueMs.set(name, this.#context.clock.now() + afterMs);
  }

  async #markUnreachable(node: Node): Promise<Node> {
    const { client, clock, log } = this.#context;
    const name = node.metadata.name ?? "";
    let current = node;
    if (findCondition(node.status?.conditions, "Ready")?.status !== "Unknown") {
      log.warn("a node is silent", { node: name });
      const status = unreachableStatus(node, clock.now());
      current = await client.update(nodeKind, { ...node, status }, { subresource: "status" });
      // Our own write must not pass for a sign of life.
      this.#heartbeats.set(name, { text: this.#heartbeatOf(name, current), seenMs: 0 });
      this.#events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    }
    return current;
  }

  /** All of them, even if one cannot be written: each that still counts as ready gets requests. */
  async #markPods(name: string): Promise<void> {
    const results = await Promise.allSettled(this.#podsOf(name).map((pod) => this.#markNotReady(pod)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #markNotReady(pod: Pod): Promise<void> {
    const { client, clock } = this.#context;
    const status = notReadyStatus(pod, clock.now());
    if (status === undefined) return;
    try {
      await client.update(podKind, { ...pod, status }, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async #taint(node: Node): Promise<Node> {
    const { client, clock, informers } = this.#context;
    const isOther = ({ metadata }: Node): boolean => metadata.name !== node.metadata.name;
    // The others are looked at only for a node that is not ready.
    const fullDisruption =
      isFullDisruption([node]) && isFullDisruption(informers.nodes.list().filter(isOther));
    const taints = healthTaintsOf(node, { nowMs: clock.now(), fullDisruption });
    if (taints === undefined) return node;
    return client.update(nodeKind, { ...node, spec: { ...node.spec, taints } });
  }

  /** Deletes the pods that have to go; returns when the next one has to. */
  async #evict(node: Node): Promise<number | undefined> {
    const { client, clock } = this.#context;
    const waits: number[] = [];
    for (const pod of this.#podsOf(node.metadata.name ?? "")) {
      const waitMs = evictionInMs(pod, node, clock.now());
      if (waitMs === undefined || pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) continue;
      if (waitMs > 0) {
        waits.push(waitMs);
        continue;
      }
      await deletePod(client, pod);
      this.#events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${keyText(pod)}`);
    }
    return soonest(waits);
  }

  #podsOf(name: string): Pod[] {
    return this.#context.informers.pods.byIndex(nodeIndex, name);
  }
}

function keyText({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
