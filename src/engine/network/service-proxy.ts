/**
 * Keeps the kernel's rules the same as the services and their slices. What must stay true: the rules stay when
 * Nagi ends; a change is applied as a whole, the moment it is seen, and changes that come while one is applied or soon
 * after are applied together; a change that fails, or a table that somebody removed, is followed by a full rebuild.
 */

import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { DirtyKeys } from "./dirty-keys.ts";
import { prepareBridge } from "./bridge.ts";
import { runNft } from "../../lib/nftables.ts";
import { byName, changeScript, fullScript, type TableOptions } from "./nft-script.ts";
import { runProgram } from "../../lib/system-programs.ts";
import type { ServicePortRoute } from "./service-ports.ts";

const checkMs = 30_000;
/** Between two applications, each of which is a program: many instances that get ready in a row share them. */
const restMs = 50;
const failureBackoff = { baseMs: 200, capMs: 30_000 };

export interface ServiceProxyOptions extends TableOptions {
  /** Path of nft. */
  readonly program: string;
  /** Routes of the service with this key, as they should be now. */
  readonly routesOf: (serviceKey: string) => readonly ServicePortRoute[];
  readonly serviceKeys: () => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #dirty = new DirtyKeys();
  /** What the kernel has, by key of the service; undefined: not known. */
  #applied: Map<string, readonly ServicePortRoute[]> | undefined;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  changed(serviceKey: string): void {
    this.#dirty.add(serviceKey);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#apply();
        failures = 0;
        await sleep(clock, restMs, signal);
        await this.#dirty.wait(clock, checkMs, signal);
      } catch (error) {
        this.#applied = undefined;
        failures += 1;
        log.warn("cannot apply the rules of services, trying again", { failures, error });
        await sleep(clock, backoffDelayMs(failureBackoff, failures), signal);
      }
    }
  }

  async #apply(): Promise<void> {
    const keys = this.#dirty.take();
    if (this.#applied === undefined || (keys.size === 0 && !(await this.#tableIsThere())))
      await this.#rebuild();
    else if (keys.size > 0) await this.#change(this.#applied, keys);
    await prepareBridge(this.#options);
  }

  async #rebuild(): Promise<void> {
    const { serviceKeys, routesOf } = this.#options;
    const next = new Map(serviceKeys().map((key) => [key, routesOf(key)]));
    await this.#load(fullScript(this.#options, [...next.values()].flat()));
    this.#applied = next;
  }

  async #change(applied: Map<string, readonly ServicePortRoute[]>, keys: ReadonlySet<string>): Promise<void> {
    const next = new Map([...keys].map((key) => [key, this.#options.routesOf(key)]));
    const before = [...keys].flatMap((key) => applied.get(key) ?? []);
    const script = changeScript(this.#options.table, byName(before), byName([...next.values()].flat()));
    if (script !== "") await this.#load(script);
    for (const [key, routes] of next) {
      if (routes.length === 0) applied.delete(key);
      else applied.set(key, routes);
    }
  }

  async #load(script: string): Promise<void> {
    await runNft(script, this.#options.program);
  }

  async #tableIsThere(): Promise<boolean> {
    const { program, table } = this.#options;
    return runProgram(program, ["list", "chain", "ip", table, "prerouting"]).then(
      () => true,
      () => false,
    );
  }
}
