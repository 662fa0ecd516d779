/**
 * Tells of Ingresses what the router makes of them: their status has the router's addresses while anything of them is served,
 * and events say what is not, and why. An Ingress has no conditions.
 */

import type { Client } from "../../../client/client.ts";
import { EventRecorder } from "../../../client/event-recorder.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Logger } from "../../../lib/log.ts";
import { newObject } from "../../../model/kind.ts";
import { ingress as ingressKind, type Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import {
  defaultIngressClassAnnotation,
  ingressClass,
  isDefaultIngressClass,
  routerController,
  type IngressClass,
} from "../../../model/kinds/networking/ingressclass/ingressclass.ts";
import { isJsonEqual } from "../../../model/json.ts";
import { refOf } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { isConflict, isNotFound, isStatus } from "../../../model/status.ts";
import type { IngressOutcome } from "../route-table.ts";

export interface IngressReportsOptions {
  readonly client: Client;
  readonly addresses: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly clock: Clock;
  readonly log: Logger;
}

type Address = NonNullable<NonNullable<NonNullable<Ingress["status"]>["loadBalancer"]>["ingress"]>[number];

const placesShownMax = 5;

export class IngressReports {
  readonly #options: IngressReportsOptions;
  readonly #events: EventRecorder;
  /** What was told of last, by UID: problems are told once, not with every change of anything. */
  #told = new Map<string, string>();
  #hasClass = false;

  constructor(options: IngressReportsOptions) {
    this.#options = options;
    this.#events = new EventRecorder({ ...options, component: "nagi-router" });
  }

  /** Makes the class `nagi`, the default one unless there is another. */
  async #ensureClass(): Promise<void> {
    const { client } = this.#options;
    const { items } = await client.list(ingressClass);
    if (items.some(({ metadata }) => metadata.name === "nagi")) return;
    const isDefault = !items.some(isDefaultIngressClass);
    const annotations = isDefault ? { [defaultIngressClassAnnotation]: "true" } : {};
    const spec = { controller: routerController };
    const made = newObject<IngressClass>(ingressClass, { name: "nagi", annotations }, { spec });
    await client.create(ingressClass, made).catch((error: unknown) => {
      if (!isStatus(error, "AlreadyExists")) throw error;
    });
  }

  async report(outcomes: readonly IngressOutcome[]): Promise<void> {
    if (!this.#hasClass) await this.#ensureClass();
    this.#hasClass = true;
    const told = new Map<string, string>();
    for (const outcome of outcomes) {
      const { ingress, isOurs, problems } = outcome;
      const uid = ingress.metadata.uid ?? "";
      const text = JSON.stringify(problems);
      told.set(uid, text);
      if (this.#told.get(uid) !== text)
        for (const { reason, message } of problems) this.#events.event(ingress, "Warning", reason, message);
      if (isOurs) await this.#writeStatus(outcome);
    }
    this.#told = told;
  }

  async #writeStatus({ ingress, served }: IngressOutcome): Promise<void> {
    const present = ingress.status?.loadBalancer?.ingress ?? [];
    const wanted = served.length === 0 ? [] : this.#addresses(ingress);
    if (isJsonEqual(present, wanted)) return;
    const body = {
      metadata: { resourceVersion: ingress.metadata.resourceVersion },
      status: { loadBalancer: { ingress: wanted } },
    } as unknown as JsonValue;
    try {
      const options = { subresource: "status" };
      await this.#options.client.patch(ingressKind, refOf(ingress), { type: "merge", body }, options);
    } catch (error) {
      // Somebody else wrote or it is gone: the watch tells, and this runs again.
      if (!isConflict(error) && !isNotFound(error)) throw error;
      return;
    }
    if (present.length > 0 || wanted.length === 0) return;
    const more = served.length - placesShownMax;
    const places = `${served.slice(0, placesShownMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    this.#events.event(ingress, "Normal", "Served", `the router serves ${places}`);
  }

  #addresses({ spec }: Ingress): readonly Address[] {
    const { addresses, httpPort, httpsPort } = this.#options;
    const numbers = [httpPort, ...((spec.tls ?? []).length > 0 ? [httpsPort] : [])];
    const ports = numbers.map((port) => ({ port, protocol: "TCP" }));
    return addresses.map((ip) => ({ ip, ports }));
  }
}
