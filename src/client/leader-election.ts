/**
 * One leader among several processes, by a Lease that the leader renews: the rules and times of client-go, so that
 * its programs and ours can stand for one lease.
 *
 * What must stay true: nobody takes a lease before the time that its holder was granted has passed by the own clock,
 * counted from when the last renewal was seen; who could not renew for `renewDeadlineMs`, which is less, leads no
 * longer. Clocks of two machines are never compared.
 */

import { findObject } from "./find-object.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { newObject } from "../model/kind.ts";
import { lease as leaseKind, type Lease } from "../model/kinds/coordination/lease/lease.ts";
import { isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";

/** A wait between two tries is up to this much longer, so that processes do not try in step. */
const jitterFactor = 0.2;
/** Of a leader whose time is running out; half of it is waited. */
const shortestWaitMs = 200;

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Of this process; no other may have it. */
  readonly identity: string;
  readonly leaseDurationMs?: number | undefined;
  readonly renewDeadlineMs?: number | undefined;
  readonly retryPeriodMs?: number | undefined;
}

export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  /** The lease as it was last seen, and when it was first seen so. */
  #seen: { readonly text: string; readonly lease: Lease; readonly sinceMs: number } | undefined;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #trouble: string | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2000;
    if (this.#renewDeadlineMs >= this.#leaseDurationMs || this.#retryPeriodMs >= this.#renewDeadlineMs) {
      throw new Error("cannot elect a leader: retryPeriod < renewDeadline < leaseDuration must hold");
    }
  }

  /** Whether this process may act as the leader now; false at once when its time is up, even after a long sleep. */
  get isLeader(): boolean {
    return this.#leftMs > 0;
  }

  /** Until it may act no longer. */
  get #leftMs(): number {
    return Math.max(0, this.#renewedMs + this.#renewDeadlineMs - this.#options.clock.now());
  }

  /**
   * One term: waits to be elected, then runs `lead` until the signal aborts or leadership is lost. The signal that
   * `lead` gets aborts when it must end; the lease is kept until it has, then given back.
   */
  async term(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { log, identity, name } = this.#options;
    if (!(await this.#acquire(signal))) return;
    log.info("leading", { lease: name, identity });
    const term = new AbortController();
    const abort = (): void => term.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const ended = new AbortController();
    const leading = lead(term.signal).finally(() => ended.abort());
    // Its failure is thrown below, once the lease is given back.
    leading.catch(() => undefined);
    try {
      await this.#keep(ended.signal);
      if (!ended.signal.aborted) log.error("cannot renew the lease: leading no longer", { lease: name });
      term.abort();
      await leading;
    } finally {
      signal.removeEventListener("abort", abort);
      if (this.isLeader) await this.#release();
      this.#renewedMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** False when the signal aborted first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, random, log, name } = this.#options;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      if (isFirst) log.info("waiting to lead", { lease: name });
      if (await this.#try()) return true;
      await sleep(clock, this.#retryPeriodMs * (1 + jitterFactor * random.next()), signal);
    }
    return false;
  }

  /** Renews until the signal aborts or the deadline has passed without success. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted && this.isLeader) {
      // A write that took long, as of an API that has just started, leaves less time than usual.
      await sleep(clock, Math.min(this.#retryPeriodMs, Math.max(this.#leftMs, shortestWaitMs) / 2), signal);
      if (signal.aborted) return;
      // A renewal that hangs must not outlast the deadline.
      const waited = new AbortController();
      await Promise.race([this.#try(), sleep(clock, this.#leftMs, waited.signal)]);
      waited.abort();
    }
  }

  /** One try to take or renew the lease; failures only mean that it did not work this time. */
  async #try(): Promise<boolean> {
    const { clock, log, name } = this.#options;
    const startMs = clock.now();
    try {
      if (!(await this.#takeOrRenew())) return false;
    } catch (error) {
      const message = messageOf(error);
      // Told once for each reason: missing rights do not pass by themselves.
      if (message !== this.#trouble)
        log.warn("cannot write the lease, trying again", { lease: name, error: message });
      this.#trouble = message;
      return false;
    }
    this.#trouble = undefined;
    this.#renewedMs = Math.max(this.#renewedMs, startMs);
    return true;
  }

  async #takeOrRenew(): Promise<boolean> {
    const { client, clock, namespace, name, identity } = this.#options;
    const present = await this.#read();
    const now = microTime(clock.now());
    const mine = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      renewTime: now,
    };
    if (present === undefined) {
      const spec = { ...mine, acquireTime: now, leaseTransitions: 0 };
      const made = newObject<Lease>(leaseKind, { namespace, name }, { spec });
      try {
        this.#see(await client.create(leaseKind, made));
        return true;
      } catch (error) {
        if (isStatus(error, "AlreadyExists")) return false;
        throw error;
      }
    }
    this.#see(present);
    const { holderIdentity: holder = "", acquireTime, leaseTransitions = 0 } = present.spec ?? {};
    const isMine = holder === identity;
    if (!isMine && holder !== "" && !this.#hasRunOut()) return false;
    const spec = {
      ...present.spec,
      ...mine,
      acquireTime: isMine ? acquireTime : now,
      leaseTransitions: isMine ? leaseTransitions : leaseTransitions + 1,
    };
    try {
      this.#see(await client.update(leaseKind, { ...present, spec }));
      return true;
    } catch (error) {
      if (isStatus(error, "Conflict")) return false;
      throw error;
    }
  }

  async #read(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    return await findObject(client, leaseKind, { namespace, name });
  }

  #see(lease: Lease): void {
    const text = JSON.stringify(lease.spec);
    if (this.#seen?.text !== text) this.#seen = { text, lease, sinceMs: this.#options.clock.now() };
    else this.#seen = { ...this.#seen, lease };
  }

  #hasRunOut(): boolean {
    if (this.#seen === undefined) return false;
    const grantedMs = (this.#seen.lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#options.clock.now() >= this.#seen.sinceMs + Math.max(grantedMs, this.#leaseDurationMs);
  }

  /** Gives the lease back, so that the next need not wait for it to run out. */
  async #release(): Promise<void> {
    const { client, clock, log, name, identity } = this.#options;
    try {
      const present = await this.#read();
      if (present?.spec?.holderIdentity !== identity) return;
      const now = microTime(clock.now());
      const spec = {
        ...present.spec,
        holderIdentity: "",
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
      };
      this.#see(await client.update(leaseKind, { ...present, spec }));
    } catch (error) {
      log.warn("cannot give the lease back", { lease: name, error });
    }
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, "000Z");
}
