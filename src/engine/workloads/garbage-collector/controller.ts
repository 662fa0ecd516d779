/**
 * Deletes what belonged to something that is gone, and carries out foreground and orphaning deletions.
 * What must stay true: nothing is deleted on the word of a cache. The object and every owner that the cache
 * does not show alive are read from the API, compared by UID, and the deletion names UID and revision.
 */

import { runController } from "../../../client/controller.ts";
import { Informer } from "../../../client/informer.ts";
import type { Kind } from "../../../model/kind.ts";
import type { KubeObject, ObjectRef, OwnerReference } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { allKinds } from "../../../model/registry.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { decideDependent, type OwnerFinding, type OwnerState } from "./decide.ts";
import {
  foregroundFinalizer,
  graphNode,
  orphanFinalizer,
  OwnerGraph,
  orphansDependents,
  waitsForDependents,
  type GraphNode,
} from "./graph.ts";
import { collectedKinds, kindOfReference } from "./kinds.ts";

const workers = 8;

export async function runGarbageCollector(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const shared = new Map<Kind, Informer<KubeObject>>(
    Object.values(informers).map((informer) => [
      informer.kind as Kind,
      informer as unknown as Informer<KubeObject>,
    ]),
  );
  const collector = new GarbageCollector(context);
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const running: Promise<void>[] = [];
  const detach: (() => void)[] = [];
  const watches = collectedKinds(allKinds).map((kind) => {
    let informer = shared.get(kind);
    if (informer === undefined) {
      informer = new Informer({ client, kind, clock, log, keep: metadataOnly });
      running.push(informer.run(both));
    }
    // Before the runtime attaches: the graph knows of a change when keys are asked for.
    detach.push(informer.onChange((change) => collector.follow(kind, change)));
    return { informer, keysOf: (object: KubeObject) => collector.keysOf(object) };
  });
  const reconcile = (uid: string): Promise<void> => collector.reconcile(uid);
  try {
    await runController(
      { name: "garbage-collector", client, clock, log, workers, watches, reconcile },
      signal,
    );
  } finally {
    for (const stop of detach) stop();
    ended.abort();
    await Promise.all(running);
  }
}

function metadataOnly({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } = metadata;
  const kept = { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp };
  return { apiVersion, kind, metadata: kept };
}

class GarbageCollector {
  readonly #context: WorkloadContext;
  readonly #graph = new OwnerGraph();

  constructor(context: WorkloadContext) {
    this.#context = context;
  }

  follow(
    kind: Kind,
    change: {
      readonly type: "added" | "updated" | "deleted";
      object: KubeObject;
      previous?: KubeObject | undefined;
    },
  ): void {
    const { type, object, previous } = change;
    // A namesake that came between two lists shows as an update.
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      this.#graph.remove(previous.metadata.uid ?? "");
    }
    if (type === "deleted") this.#graph.remove(object.metadata.uid ?? "");
    else this.#graph.set(graphNode(kind, object));
  }

  /** UIDs that the change concerns: the object, owners that wait for it, dependents that lose it. */
  keysOf({ metadata }: KubeObject): string[] {
    const { uid = "", ownerReferences = [] } = metadata;
    const node = this.#graph.get(uid);
    const keys = ownerReferences
      .map((owner) => owner.uid)
      .filter((owner) => this.#graph.get(owner)?.deleting);
    if (node === undefined || node.deleting)
      keys.push(...this.#graph.dependentsOf(uid).map((each) => each.uid));
    if (node !== undefined && (node.owners.length > 0 || node.deleting)) keys.push(uid);
    return keys;
  }

  async reconcile(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    if (waitsForDependents(node)) await this.#finishForeground(node);
    else if (orphansDependents(node)) await this.#orphan(node);
    else if (!node.deleting && !node.owners.every((owner) => this.#isAlive(owner))) await this.#collect(node);
  }

  /** Whether the cache shows the owner, and not on its way out. */
  #isAlive(reference: OwnerReference): boolean {
    return this.#graph.get(reference.uid)?.deleting === false;
  }

  async #finishForeground(node: GraphNode): Promise<void> {
    const blocking = this.#graph
      .dependentsOf(node.uid)
      .some(({ owners }) =>
        owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
      );
    if (!blocking) await this.#dropFinalizer(node, foregroundFinalizer);
  }

  async #orphan(node: GraphNode): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(node.uid)) {
      const live = await this.#read(dependent.kind, dependent.ref, dependent.uid);
      if (live !== undefined) await this.#unlink(dependent.kind, live, new Set([node.uid]));
    }
    await this.#dropFinalizer(node, orphanFinalizer);
  }

  async #collect(node: GraphNode): Promise<void> {
    const live = await this.#read(node.kind, node.ref, node.uid);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return;
    const findings: OwnerFinding[] = [];
    for (const reference of live.metadata.ownerReferences ?? []) {
      findings.push({ reference, state: await this.#stateOf(node, reference) });
    }
    const finalizers = live.metadata.finalizers ?? [];
    const verdict = decideDependent(
      { finalizers, hasDependents: this.#graph.hasDependents(node.uid) },
      findings,
    );
    if (verdict.action === "unlink") {
      await this.#unlink(node.kind, live, new Set(verdict.owners.map(({ uid }) => uid)));
    }
    if (verdict.action === "delete") await this.#delete(node, live, verdict.propagation);
  }

  async #stateOf(dependent: GraphNode, reference: OwnerReference): Promise<OwnerState> {
    if (this.#isAlive(reference)) return "present";
    const kind = kindOfReference(allKinds, reference);
    if (kind === undefined || !kind.verbs.includes("get")) return "unknown";
    const { namespace } = dependent.ref;
    // A cluster-scoped object cannot be owned by one in a namespace: where it should be is not said.
    if (kind.namespaced && namespace === undefined) return "unknown";
    const ref = kind.namespaced ? { namespace, name: reference.name } : { name: reference.name };
    const owner = await this.#read(kind, ref, reference.uid);
    if (owner === undefined) return "absent";
    const { deletionTimestamp, finalizers = [] } = owner.metadata;
    return waitsForDependents({ deleting: deletionTimestamp !== undefined, finalizers })
      ? "waiting"
      : "present";
  }

  /** The object with this identity as it is now. */
  async #read(kind: Kind, ref: ObjectRef, uid: string): Promise<KubeObject | undefined> {
    try {
      const object = await this.#context.client.get(kind, ref);
      return object.metadata.uid === uid ? object : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #delete(
    { kind, ref }: GraphNode,
    live: KubeObject,
    propagationPolicy: "Background" | "Foreground" | "Orphan",
  ): Promise<void> {
    const { uid, resourceVersion } = live.metadata;
    const preconditions = { uid, resourceVersion };
    await unlessGone(this.#context.client.delete(kind, ref, { propagationPolicy, preconditions }));
  }

  async #unlink(kind: Kind, live: KubeObject, owners: ReadonlySet<string>): Promise<void> {
    const { name = "", namespace, resourceVersion, ownerReferences = [] } = live.metadata;
    const left = ownerReferences.filter(({ uid }) => !owners.has(uid)).map((each) => ({ ...each }));
    const body = { metadata: { resourceVersion, ownerReferences: left } };
    await unlessGone(this.#context.client.patch(kind, { namespace, name }, { type: "merge", body }));
  }

  async #dropFinalizer({ kind, ref, uid }: GraphNode, finalizer: string): Promise<void> {
    const live = await this.#read(kind, ref, uid);
    if (live === undefined) return;
    const { resourceVersion, finalizers = [] } = live.metadata;
    if (!finalizers.includes(finalizer)) return;
    const body = {
      metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) },
    };
    await unlessGone(this.#context.client.patch(kind, ref, { type: "merge", body }));
  }
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
