/**
 * Looks which ports of the machine routes can have, and chooses one for those that leave it to the router. HAProxy would refuse
 * its whole configuration for one port that another program has: no such port may come into it.
 */

import type { Client } from "../../../client/client.ts";
import type { Clock } from "../../../lib/clock.ts";
import { holderText, type PortHolder } from "../../../lib/port-holder.ts";
import { route as routeKind, type Route } from "../../../model/kinds/route/route/route.ts";
import { tcpPortAnnotation } from "../../../model/kinds/route/route/tcp-port.ts";
import { refOf } from "../../../model/meta.ts";
import { isConflict, isNotFound } from "../../../model/status.ts";
import { namedPorts, unnamedPorts, type PortRange } from "./tcp-ports.ts";

/** Who listens on a port of this machine; undefined when nobody does. */
export type HolderOf = (port: number) => PortHolder | undefined;

/** Looking through the machine's processes is not free. */
const lookAgainMs = 1000;

export interface PortKeeperOptions {
  readonly client: Client;
  readonly range: PortRange | undefined;
  readonly holderOf: HolderOf;
  /** Of HAProxy. */
  readonly ownPids: () => Promise<ReadonlySet<number>>;
  readonly clock: Clock;
}

export class PortKeeper {
  readonly #options: PortKeeperOptions;
  /** Ports that HAProxy has, or that nobody had when it was given them. */
  #own = new Set<number>();
  readonly #taken = new Map<number, { readonly text: string; readonly untilMs: number }>();

  constructor(options: PortKeeperOptions) {
    this.#options = options;
  }

  /** HAProxy may have lost what it had. */
  forget(): void {
    this.#own.clear();
    this.#taken.clear();
  }

  /** What listens on those ports that routes name, beside HAProxy. */
  async taken(routes: readonly Route[]): Promise<ReadonlyMap<number, string>> {
    const { range } = this.#options;
    const taken = new Map<number, string>();
    if (range === undefined) return taken;
    const named = namedPorts(routes, range);
    for (const port of this.#own) if (!named.has(port)) this.#own.delete(port);
    for (const port of named) {
      const holder = await this.#holderOf(port);
      if (holder === undefined) this.#own.add(port);
      else taken.set(port, holder);
    }
    return taken;
  }

  /** Writes a free port into routes that leave it to the router; gives all routes, those with it. */
  async assign(routes: readonly Route[]): Promise<readonly Route[]> {
    const { client, range } = this.#options;
    const waiting = unnamedPorts(routes);
    if (range === undefined || waiting.length === 0) return routes;
    const used = new Set(namedPorts(routes, range));
    const assigned = new Map<Route, Route>();
    for (const route of waiting) {
      const port = await this.#freePort(range, used);
      if (port === undefined) break;
      used.add(port);
      const { metadata } = route;
      const annotations = { ...metadata.annotations, [tcpPortAnnotation]: `${port}` };
      assigned.set(route, { ...route, metadata: { ...metadata, annotations } });
      const { resourceVersion } = metadata;
      const body = { metadata: { resourceVersion, annotations: { [tcpPortAnnotation]: `${port}` } } };
      await client
        .patch(routeKind, refOf(route), { type: "merge", body: body as never })
        .catch((error: unknown) => {
          // Somebody else wrote or it is gone: the watch tells, and this runs again.
          if (!isConflict(error) && !isNotFound(error)) throw error;
        });
    }
    return routes.map((route) => assigned.get(route) ?? route);
  }

  async #freePort({ first, last }: PortRange, used: ReadonlySet<number>): Promise<number | undefined> {
    for (let port = first; port <= last; port += 1)
      if (!used.has(port) && (await this.#holderOf(port)) === undefined) return port;
    return undefined;
  }

  async #holderOf(port: number): Promise<string | undefined> {
    const { clock, holderOf, ownPids } = this.#options;
    if (this.#own.has(port)) return undefined;
    const known = this.#taken.get(port);
    if (known !== undefined && known.untilMs > clock.now()) return known.text;
    this.#taken.delete(port);
    const holder = holderOf(port);
    if (holder === undefined || (holder.pid !== undefined && (await ownPids()).has(holder.pid)))
      return undefined;
    const text = holderText(holder);
    this.#taken.set(port, { text, untilMs: clock.now() + lookAgainMs });
    return text;
  }
}
