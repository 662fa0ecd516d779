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
import { untilAborted } from "../../../lib/until-aborted.ts";
import { readIfThere, writePrivate } from "../../../lib/private-files.ts";
import { newObject } from "../../../model/kind.ts";
import { secret as secretKind, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { checkEabKey, checkEabKid } from "../../../model/kinds/route/route/acme.ts";
import { controllerRef, type Condition, type OwnerReference } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { isNotFound } from "../../../model/status.ts";
import {
  acmeLabel,
  conditionFor,
  failed,
  isOurs,
  issued,
  labelFor,
  notOurs,
  orderKey,
  stateOf,
  tlsSecretType,
  type AcmeAttempt,
  type AcmeOrder,
  type AcmeOwner,
  type OrderState,
} from "./acme-orders.ts";
import {
  type AcmeAccount,
  type AcmeAuthority,
  type Challenges,
  type DnsHooks,
  type ExternalAccount,
  type WayOut,
} from "./obtain-certificate.ts";
import { decodeEntries, encodeEntries } from "../../../lib/base64.ts";

const lookAgainMaxMs = 60 * 60_000;
const seenWithinMs = 30_000;
const errorMaxLength = 500;
const systemNamespace = "nagi-system";

export interface AcmeKeeperOptions {
  readonly client: Client;
  readonly dir: string;
  /** What is trusted beside the public authorities, and the way to the outside. */
  readonly outside: () => Promise<WayOut>;
  readonly authority: AcmeAuthority;
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

  /** Of one of an order's Routes. */
  conditionOf(order: AcmeOrder, owner: AcmeOwner): Condition {
    const state = this.#stateOf(order);
    const { server } = order;
    if (state.state === "kept")
      return conditionFor(owner, { status: "True", reason: "Issued", message: state.message });
    const status = state.hasCertificate ? "True" : "False";
    if (state.state === "due") {
      const message = `${new URL(server).host} is asked for it`;
      return conditionFor(owner, { status, reason: "Ordering", message });
    }
    return conditionFor(owner, { status, reason: "Failed", message: state.message });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#attempts ??= await this.#read();
    while (!signal.aborted) {
      const due = this.#orders.find((order) => this.#stateOf(order).state === "due");
      if (due !== undefined) {
        await untilAborted(this.#serve(due, signal), signal).catch((error: unknown) => {
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

  async #serve(order: AcmeOrder, signal: AbortSignal): Promise<void> {
    const { authority, challenges, hooks, outside, clock, log } = this.#options;
    const key = orderKey(order);
    try {
      await this.#writable(order);
      const { ca, proxies } = await outside();
      const account = await this.#account(order, { ca, proxies });
      const given = { account, ca, proxies, challenges, hooks, signal };
      const { certificate, key: privateKey } = await authority.obtainCertificate(order, given);
      await this.#keep(order, certificate, privateKey);
      this.#attempts?.set(key, issued(order, this.#attempts.get(key), certificate, clock.now()));
      this.#tell(order, "Normal", "CertificateIssued", `secret ${order.secretName}`);
      log.info("certificate issued", { names: order.names, secret: key, server: order.server });
    } catch (error) {
      // It was not the authority that ended it.
      if (signal.aborted) return;
      const message = messageOf(error).slice(0, errorMaxLength);
      this.#attempts?.set(key, failed(order, this.#attempts.get(key), message, clock.now()));
      this.#tell(order, "Warning", "CertificateFailed", message);
      log.info("no certificate", { names: order.names, secret: key, server: order.server, error: message });
    }
    await this.#write();
  }

  #tell({ owners, names }: AcmeOrder, type: "Normal" | "Warning", reason: string, message: string): void {
    for (const owner of owners) this.#events.event(owner, type, reason, `${names.join(", ")}: ${message}`);
  }

  /** The Secret that is there; undefined when there is none. Throws when it is another's. */
  async #writable(order: AcmeOrder): Promise<Secret | undefined> {
    const { namespace, secretName: name } = order;
    const present = await this.#options.client
      .get(secretKind, { namespace, name })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    if (present !== undefined && !isOurs(present)) throw new Error(notOurs(order));
    return present;
  }

  async #keep(order: AcmeOrder, certificate: string, key: string): Promise<void> {
    const { client } = this.#options;
    const { namespace, secretName: name, owners } = order;
    const data = encodeEntries({ "tls.crt": certificate, "tls.key": key });
    const labels = { [acmeLabel]: labelFor(order) };
    // What a Route has goes with it; an Ingress only names its Secret.
    const references = owners.every(({ kind }) => kind === "Route") ? owners.map(referenceTo) : [];
    const present = await this.#writable(order);
    const metadata = { labels, ownerReferences: references };
    const secret =
      present === undefined
        ? await client.create(
            secretKind,
            newObject<Secret>(secretKind, { namespace, name, ...metadata }, { type: tlsSecretType, data }),
          )
        : await client.patch(
            secretKind,
            { namespace, name },
            {
              type: "merge",
              // Another that came in its place is not written.
              body: {
                metadata: { ...metadata, resourceVersion: present.metadata.resourceVersion ?? "" },
                data,
              } as unknown as JsonValue,
            },
          );
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
    const { key, url } = await this.#options.authority.createAccount(order, way, external);
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

/** An object has one controller; it goes when the last of its owners does. */
function referenceTo(owner: AcmeOwner, index: number): OwnerReference {
  return index === 0
    ? controllerRef(owner)
    : { ...controllerRef(owner), controller: false, blockOwnerDeletion: false };
}
