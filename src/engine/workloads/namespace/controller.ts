/**
 * Empties namespaces that are being deleted and then lets them go. New content is refused by the API server
 * from the deletion on, so what is listed once is all there is.
 */

import { findObject } from "../../../client/find-object.ts";
import { runController, type Reconciled } from "../../../client/controller.ts";
import { resourceName, type Kind } from "../../../model/kind.ts";
import { namespace as namespaceKind, type Namespace } from "../../../model/kinds/core/namespace/namespace.ts";
import { keyOf, refOf, type KubeObject } from "../../../model/meta.ts";
import { allKinds } from "../../../model/registry.ts";
import { isNotFound } from "../../../model/status.ts";
import { withCondition } from "../shared/conditions.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { slowStart } from "../shared/slow-start.ts";

const finalizer = "kubernetes";
/** Content that goes without an event of a kind that is watched here is looked for again after this long. */
const recheckMs = 500;

export function runNamespaces(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new NamespaceController(context);
  const contentOf = ({ metadata }: KubeObject): string[] => controller.terminating(metadata.namespace ?? "");
  return runController(
    {
      name: "namespace",
      client,
      clock,
      log,
      watches: [
        { informer: informers.namespaces, keysOf: (object: KubeObject) => [keyOf(refOf(object))] },
        { informer: informers.pods, keysOf: contentOf },
      ],
      reconcile: (name) => controller.reconcile(name),
    },
    signal,
  );
}

class NamespaceController {
  readonly #context: WorkloadContext;
  readonly #kinds: readonly Kind[];

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#kinds = allKinds.filter(
      ({ namespaced, verbs }) =>
        namespaced && (["list", "watch", "delete"] as const).every((verb) => verbs.includes(verb)),
    );
  }

  terminating(name: string): string[] {
    const found = this.#context.informers.namespaces.get(name);
    return found?.metadata.deletionTimestamp === undefined ? [] : [name];
  }

  async reconcile(name: string): Promise<Reconciled | undefined> {
    const { client } = this.#context;
    if (this.terminating(name).length === 0) return undefined;
    const found = await this.#read(name);
    if (found?.metadata.deletionTimestamp === undefined) return undefined;
    const remaining = new Map<string, number>();
    for (const kind of this.#kinds) {
      const count = await this.#empty(kind, name);
      if (count > 0) remaining.set(resourceName(kind), count);
    }
    if (remaining.size > 0) {
      await this.#tell(found, remaining);
      return { requeueAfterMs: recheckMs };
    }
    const finalizers = (found.spec?.finalizers ?? []).filter((each) => each !== finalizer);
    try {
      await client.update(
        namespaceKind,
        { ...found, spec: { ...found.spec, finalizers } },
        { subresource: "finalize" },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }

  async #read(name: string): Promise<Namespace | undefined> {
    return await findObject(this.#context.client, namespaceKind, { name });
  }

  /** Deletes the objects of a kind; returns how many are still there. */
  async #empty(kind: Kind, namespace: string): Promise<number> {
    const { client } = this.#context;
    const { items } = await client.list(kind, { namespace });
    if (items.length === 0) return 0;
    const going = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const { error } = await slowStart(going.length, async (index) => {
      const object = going[index];
      if (object === undefined) return;
      try {
        await client.delete(kind, refOf(object), { propagationPolicy: "Background" });
      } catch (failure) {
        if (!isNotFound(failure)) throw failure;
      }
    });
    if (error !== undefined) throw error;
    return (await client.list(kind, { namespace })).items.length;
  }

  /** Says in the status what the namespace waits for. */
  async #tell(found: Namespace, remaining: ReadonlyMap<string, number>): Promise<void> {
    const list = [...remaining].map(([resource, count]) => `${resource} has ${count} resource instances`);
    const present = found.status?.conditions ?? [];
    const conditions = withCondition(
      present,
      {
        type: "NamespaceContentRemaining",
        status: "True",
        reason: "SomeResourcesRemain",
        message: `Some resources are remaining: ${list.join(", ")}`,
      },
      new Date(this.#context.clock.now()).toISOString(),
    );
    if (conditions === present) return;
    const status = { ...found.status, conditions: [...conditions] };
    await this.#context.client.update(namespaceKind, { ...found, status }, { subresource: "status" });
  }
}
