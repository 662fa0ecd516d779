/** Keeps a node's object and its lease: registered at the start, renewed, its conditions in step with the machine. */

import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { sleep } from "../../lib/clock.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Logger } from "../../lib/log.ts";
import { isJsonEqual } from "../../model/json.ts";
import { newObject } from "../../model/kind.ts";
import { lease, type Lease } from "../../model/kinds/coordination/lease/lease.ts";
import { namespace } from "../../model/kinds/core/namespace/namespace.ts";
import { node as nodeKind, type Node } from "../../model/kinds/core/node/node.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { apiBackoff, leaseRenewMs, leaseSeconds, nodeStatusMs } from "./limits.ts";
import { nodeLabels, nodeStatus, type NodeDefinition, type NodeFacts } from "./node-status.ts";

const leaseNamespace = "kube-node-lease";

export interface NodeRegistrarOptions {
  readonly client: Client;
  readonly definition: NodeDefinition;
  readonly facts: () => Promise<NodeFacts>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class NodeRegistrar {
  readonly #options: NodeRegistrarOptions;
  #writtenMs = 0;
  #wake: (() => void) | undefined;

  constructor(options: NodeRegistrarOptions) {
    this.#options = options;
  }

  /** Looks at the machine now rather than at the next turn. */
  refresh(): void {
    this.#wake?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, definition } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        // Each for itself: a node that cannot say how it is lives all the same.
        const results = await Promise.allSettled([this.#register(), this.#renewLease()]);
        const failed = results.find((result) => result.status === "rejected");
        if (failed !== undefined) throw failed.reason;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        log.warn("cannot keep the node's object, trying again", { node: definition.name, error });
      }
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      const delayMs = failures === 0 ? leaseRenewMs : backoffDelayMs(apiBackoff, failures);
      const pause = new AbortController();
      await Promise.race([sleep(clock, delayMs, AbortSignal.any([signal, pause.signal])), woken.promise]);
      pause.abort();
    }
  }

  async #register(): Promise<void> {
    const { client, definition, clock } = this.#options;
    const facts = await this.#options.facts();
    const labels = nodeLabels(definition, facts.architecture);
    const present = await this.#get();
    const current =
      present ??
      (await client.create(
        nodeKind,
        newObject<Node>(nodeKind, { name: definition.name, labels }, { spec: {} }),
      ));
    const missing = Object.entries(labels).filter(([key, value]) => current.metadata.labels?.[key] !== value);
    const ref = { name: definition.name };
    if (missing.length > 0) {
      const body = { metadata: { labels: Object.fromEntries(missing) } };
      await client.patch(nodeKind, ref, { type: "merge", body });
    }
    const status = nodeStatus(definition, facts, current);
    const { images: _images, ...told } = current.status ?? {};
    const due = clock.now() - this.#writtenMs >= nodeStatusMs;
    if (!due && isJsonEqual(plain(status), plain(told))) return;
    const body = { status: plain(status) } as unknown as JsonValue;
    await client.patch(nodeKind, ref, { type: "merge", body }, { subresource: "status" });
    this.#writtenMs = clock.now();
  }

  async #get(): Promise<Node | undefined> {
    const { client, definition } = this.#options;
    return await findObject(client, nodeKind, { name: definition.name });
  }

  async #renewLease(): Promise<void> {
    const { client, definition, clock } = this.#options;
    const { name } = definition;
    const renewTime = new Date(clock.now()).toISOString().replace("Z", "000Z");
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
    try {
      const ref = { namespace: leaseNamespace, name };
      await client.patch(lease, ref, { type: "merge", body: { spec } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#ensureNamespace();
      await client.create(lease, newObject<Lease>(lease, { namespace: leaseNamespace, name }, { spec }));
    }
  }

  async #ensureNamespace(): Promise<void> {
    const { client } = this.#options;
    try {
      await client.create(namespace, newObject(namespace, { name: leaseNamespace }, {}));
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
}

function plain(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
