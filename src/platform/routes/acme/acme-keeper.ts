/**
 * Keeps the certificates that are wanted of ACME authorities: gets them, renews them before they expire, and after a failure waits
 * longer each time. One at a time: authorities limit how fast they are asked.
 *
 * What must stay true: what failed is remembered over a restart, so that no authority is asked in a loop; a Secret that was not
 * made here is never written.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Client } from "../../../client/client.ts";
import { EventRecorder } from "../../../client/event-recorder.ts";
import { sleep, type Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { readIfThere, writePrivate } from "../../../lib/private-files.ts";
import { newObject } from "../../../model/kind.ts";
import { secret as secretKind, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { certificateType, checkEabKey, checkEabKid } from "../../../model/kinds/route/route/acme.ts";
import { controllerRef, type Condition } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import {
  acmeLabel,
  failed,
  labelFor,
  orderKey,
  stateOf,
  type AcmeAttempt,
  type AcmeOrder,
  type OrderState,
} from "./acme-orders.ts";
import {
  createAccount,
  obtainCertificate,
  type AcmeAccount,
  type Challenges,
  type DnsHooks,
  type ExternalAccount,
  type WayOut,
} from "./obtain-certificate.ts";
import { decodeEntries, encodeEntries } from "../../../lib/base64.ts";

const lookAgainMaxMs = 60 * 60_000;
const seenWithinMs = 30_000;
const errorMaxLength = 500;
const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const systemNamespace = "nagi-system";

export interface AcmeKeeperOptions {
  readonly client: Client;
  readonly dir: string;
  /** What is trusted beside the public authorities, and the way to the outside. */
  readonly outside: () => Promise<WayOut>;
  readonly challenges: Challenges;
  readonly hooks: DnsHooks;
  /** Something is to be told anew. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class AcmeKeeper {
  readonly #options: AcmeKeeperOptions;
  readonly #events: EventRecorder;
  #orders: readonly AcmeOrder[] = [];
  #secretOf: (key: string) => Secret | undefined = () => undefined;
  #attempts: Map<string, AcmeAttempt> | undefined;
  /** Secrets that were just written, until the informer has them. */
  readonly #fresh = new Map<string, { readonly secret: Secret; readonly untilMs: number }>();
  #wake = (): void => undefined;

  constructor(options: AcmeKeeperOptions) {
    this.#options = options;
    this.#events = new EventRecorder({ ...options, component: "nagi-router" });
  }

  /** Says what is wanted now. */
  update(orders: readonly AcmeOrder[], secretOf: (key: string) => Secret | undefined): void {
    this.#orders = orders;
    this.#secretOf = secretOf;
    if (orders.length > 0) this.#wake();
  }

  /** Of an order's Route; its time is when the certificate was asked for. */
  conditionOf(order: AcmeOrder): Condition {
    const state = this.#stateOf(order);
    const { requested, server } = order;
    const asked = isTime.test(requested) ? { lastUpdateTime: requested } : {};
    const base = { type: certificateType, ...asked };
    if (state.state === "kept") return { ...base, status: "True", reason: "Issued", message: state.message };
    const status = state.hasCertificate ? "True" : "False";
    if (state.state === "due")
      return { ...base, status, reason: "Ordering", message: `${new URL(server).host} is asked for it` };
    return { ...base, status, reason: "Failed", message: state.message };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#attempts ??= await this.#read();
    while (!signal.aborted) {
      const due = this.#orders.find((order) => this.#stateOf(order).state === "due");
      if (due !== undefined) {
        await this.#serve(due).catch((error: unknown) => {
          log.warn("cannot keep what became of a certificate", {
            secret: orderKey(due),
            error: messageOf(error),
          });
        });
        this.#options.onChange();
      }
      await this.#pause(clock.now(), signal);
    }
  }

  #stateOf(order: AcmeOrder): OrderState {
    const key = orderKey(order);
    const nowMs = this.#options.clock.now();
    return stateOf(order, this.#newestSecret(key, nowMs), this.#attempts?.get(key), nowMs);
  }

  /** From when the informer has the certificate that was written last, it is believed: also that it is gone. */
  #newestSecret(key: string, nowMs: number): Secret | undefined {
    const fresh = this.#fresh.get(key);
    const known = this.#secretOf(key);
    if (fresh === undefined) return known;
    const isSeen = known?.data?.["tls.crt"] === fresh.secret.data?.["tls.crt"];
    if (!isSeen && nowMs < fresh.untilMs) return fresh.secret;
    this.#fresh.delete(key);
    return known;
  }

  /** Until something is due or changes. */
  async #pause(nowMs: number, signal: AbortSignal): Promise<void> {
    const times = this.#orders.map((order) => {
      const state = this.#stateOf(order);
      return state.state === "due" ? nowMs + 1000 : state.lookAgainMs;
    });
    const waitMs = Math.min(lookAgainMaxMs, ...times.map((time) => Math.max(0, time - nowMs)));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const ended = new AbortController();
    await Promise.race([
      promise,
      sleep(this.#options.clock, waitMs, AbortSignal.any([signal, ended.signal])),
    ]);
    ended.abort();
  }

  async #serve(order: AcmeOrder): Promise<void> {
    const { challenges, hooks, outside, clock, log } = this.#options;
    const key = orderKey(order);
    try {
      const { ca, proxies } = await outside();
      const account = await this.#account(order, { ca, proxies });
      const given = { account, ca, proxies, challenges, hooks };
      const { certificate, key: privateKey } = await obtainCertificate(order, given);
      await this.#keep(order, certificate, privateKey);
      this.#attempts?.delete(key);
      this.#events.event(
        order.owner,
        "Normal",
        "CertificateIssued",
        `${order.names.join(", ")}: secret ${order.secretName}`,
      );
      log.info("certificate issued", { names: order.names, secret: key, server: order.server });
    } catch (error) {
      const message = messageOf(error).slice(0, errorMaxLength);
      this.#attempts?.set(key, failed(order, this.#attempts.get(key), message, clock.now()));
      this.#events.event(
        order.owner,
        "Warning",
        "CertificateFailed",
        `${order.names.join(", ")}: ${message}`,
      );
      log.info("no certificate", { names: order.names, secret: key, server: order.server, error: message });
    }
    await this.#write();
  }

  async #keep(order: AcmeOrder, certificate: string, key: string): Promise<void> {
    const { client } = this.#options;
    const { namespace, secretName: name, owner } = order;
    const data = encodeEntries({ "tls.crt": certificate, "tls.key": key });
    const labels = { [acmeLabel]: labelFor(order) };
    // What a Route has goes with it; an Ingress only names its Secret.
    const owners = owner.kind === "Route" ? { ownerReferences: [controllerRef(owner)] } : {};
    const metadata = { namespace, name, labels, ...owners };
    const made = newObject<Secret>(secretKind, metadata, { type: "kubernetes.io/tls", data });
    let secret: Secret;
    try {
      secret = await client.create(secretKind, made);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const body = { metadata: { labels }, data };
      secret = await client.patch(secretKind, { namespace, name }, { type: "merge", body });
    }
    this.#fresh.set(orderKey(order), { secret, untilMs: this.#options.clock.now() + seenWithinMs });
  }

  /** One an authority, address and external account, kept in a Secret of the platform. */
  async #account(order: AcmeOrder, way: WayOut): Promise<AcmeAccount> {
    const { client } = this.#options;
    const { server, email = "" } = order;
    const external = await this.#externalAccount(order);
    // Who does not know the key of an external account must not come to what was made with it.
    const whose = external === undefined ? [] : [external.kid, external.hmac];
    const identity = [server, email, ...whose].join(" ");
    const digest = createHash("sha256").update(identity).digest("hex").slice(0, 12);
    const ref = { namespace: systemNamespace, name: `acme-account-${digest}` };
    try {
      const { data = {} } = await client.get(secretKind, ref);
      const { key = "", url = "" } = decodeEntries(data);
      return { key, url };
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const { key, url } = await createAccount(order, way, external);
    const data = encodeEntries({ key, url, server, email });
    await client.create(secretKind, newObject<Secret>(secretKind, ref, { type: "Opaque", data }));
    return { key, url };
  }

  async #externalAccount({
    namespace,
    externalAccount: name,
  }: AcmeOrder): Promise<ExternalAccount | undefined> {
    if (name === undefined) return undefined;
    const secret = await this.#options.client.get(secretKind, { namespace, name }).catch((error: unknown) => {
      if (isNotFound(error)) throw new Error(`there is no secret ${name} with the external account`);
      throw error;
    });
    const { kid = "", hmac = "" } = decodeEntries(secret.data ?? {});
    const wrong = [
      ["kid", checkEabKid(kid.trim())],
      ["hmac", checkEabKey(hmac.trim())],
    ].find(([, problem]) => problem !== undefined);
    if (wrong !== undefined) throw new Error(`secret ${name}: data.${wrong[0]}: ${wrong[1]}`);
    return { kid: kid.trim(), hmac: hmac.trim() };
  }

  async #read(): Promise<Map<string, AcmeAttempt>> {
    try {
      const text = (await readIfThere(this.#file)) ?? "{}";
      return new Map(Object.entries(JSON.parse(text) as Record<string, AcmeAttempt>));
    } catch (error) {
      this.#options.log.warn("cannot read what was tried of certificates", { error: messageOf(error) });
      return new Map();
    }
  }

  async #write(): Promise<void> {
    const wanted = new Set(this.#orders.map(orderKey));
    const kept = [...(this.#attempts ?? [])].filter(([key]) => wanted.has(key));
    this.#attempts = new Map(kept);
    await writePrivate(this.#file, JSON.stringify(Object.fromEntries(kept)));
  }

  get #file(): string {
    return join(this.#options.dir, "attempts.json");
  }
}
