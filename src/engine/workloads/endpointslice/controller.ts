/**
 * Endpoint slices of services with a selector. A deploy drops no request only if these follow the pods at
 * once, so nothing here waits: an event of a pod is a write of its slice.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Service } from "../../../model/kinds/core/service/service.ts";
import {
  endpointSlice,
  type EndpointSlice,
} from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { serviceIndex, serviceOfSlice } from "../shared/informers.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { decideSlices, managedBy, managedByLabel } from "./decide.ts";

const workers = 8;

export function runEndpointSlices(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new EndpointSliceController(context);
  return runController(
    {
      name: "endpointslice",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.services, keysOf: (service: Service) => [keyOf(refOf(service))] },
        { informer: informers.pods, keysOf: (pod: Pod) => controller.keysOfPod(pod) },
        { informer: informers.endpointSlices, keysOf: serviceOfSlice },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class EndpointSliceController {
  readonly #context: WorkloadContext;
  readonly #pending: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#pending = new PendingWrites(() => context.clock.now());
  }

  keysOfPod(pod: Pod): string[] {
    return this.#context.informers.services
      .list(pod.metadata.namespace ?? "")
      .filter((service) => selects(service, pod))
      .map((service) => keyOf(refOf(service)));
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers } = this.#context;
    const service = informers.services.get(key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) {
      // Owner references take the slices of a service away with it.
      this.#pending.forget(key);
      return undefined;
    }
    if (!this.#pending.settled(key, informers.endpointSlices)) return { requeueAfterMs: settleRecheckMs };
    const pods = informers.pods.list(service.metadata.namespace ?? "").filter((pod) => selects(service, pod));
    const slices = informers.endpointSlices
      .byIndex(serviceIndex, key)
      .filter(({ metadata }) => metadata.labels?.[managedByLabel] === managedBy);
    const { create, update, remove } = decideSlices(service, pods, slices);
    await Promise.all([
      ...create.map((slice) => this.#create(key, slice)),
      ...update.map((slice) => this.#update(key, slice)),
      ...remove.map((slice) => this.#remove(key, slice)),
    ]);
    return undefined;
  }

  async #create(key: string, slice: EndpointSlice): Promise<void> {
    this.#pending.wrote(key, await this.#context.client.create(endpointSlice, slice));
  }

  async #update(key: string, slice: EndpointSlice): Promise<void> {
    this.#pending.wrote(key, await this.#context.client.update(endpointSlice, slice));
  }

  async #remove(key: string, slice: EndpointSlice): Promise<void> {
    const preconditions = { uid: slice.metadata.uid };
    try {
      await this.#context.client.delete(endpointSlice, refOf(slice), { preconditions });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#pending.deleted(key, slice);
  }
}

function hasSelector({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && Object.keys(spec.selector ?? {}).length > 0;
}

function selects(service: Service, { metadata }: Pod): boolean {
  if (!hasSelector(service)) return false;
  return Object.entries(service.spec.selector ?? {}).every(
    ([key, value]) => metadata.labels?.[key] === value,
  );
}
