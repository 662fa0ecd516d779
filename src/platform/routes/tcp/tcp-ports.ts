/**
 * Which route of TCP has which port of the machine: the oldest that asks for it, within the router's range, unless another
 * program listens there. Pure.
 */

import { targetErrors } from "../../../model/kinds/route/route/validate-route.ts";
import { autoPort, tcpName, tcpPortOf } from "../../../model/kinds/route/route/tcp-port.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import { settingErrors } from "../../../model/kinds/route/route/route-settings.ts";
import { tcpErrors } from "../../../model/kinds/route/route/tcp-port.ts";
import type { Exposed } from "../exposed.ts";
import type { Admission } from "../route-claims.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface TcpOptions {
  /** Undefined when no ports are given to routes. */
  readonly range?: PortRange | undefined;
  /** What listens on ports of the range beside this router: `nginx (pid 812)`. */
  readonly taken?: ReadonlyMap<number, string> | undefined;
}

export interface TcpPort {
  readonly port: number;
  readonly backend: string;
  /** TLS ends at the router. */
  readonly withTls: boolean;
}

/** To be given routes oldest first. */
export class PortClaims {
  readonly #options: TcpOptions;
  readonly #holders = new Map<number, Exposed>();

  constructor(options: TcpOptions) {
    this.#options = options;
  }

  admit(exposed: Exposed): Admission {
    const port = tcpPortOf(exposed.route) ?? 0;
    const host = tcpName(port);
    const problem = mistake(exposed.route) ?? this.#conflict(exposed, port);
    if (problem !== undefined) return { admitted: false, host, ...problem };
    if (port !== autoPort) this.#holders.set(port, exposed);
    return { admitted: true, host };
  }

  #conflict({ route }: Exposed, port: number | typeof autoPort): Problem | undefined {
    const { range, taken } = this.#options;
    if (range === undefined)
      return { reason: "NoPorts", message: "the router gives out no ports: nagi up --tcp-ports FIRST-LAST" };
    const { first, last } = range;
    // The router writes the port that it chooses: where there is none, all are in use.
    if (port === autoPort)
      return { reason: "NoFreePort", message: `all ports from ${first} to ${last} are in use` };
    if (port < first || port > last)
      return {
        reason: "PortOutOfRange",
        message: `port ${port} is none of ${first} to ${last}, which routes can have (nagi up --tcp-ports)`,
      };
    const holder = this.#holders.get(port)?.route.metadata;
    if (holder !== undefined) {
      const where = holder.namespace === route.metadata.namespace ? "" : ` in namespace ${holder.namespace}`;
      return {
        reason: "PortAlreadyClaimed",
        message: `route ${holder.name}${where} has port ${port} and is older`,
      };
    }
    const program = taken?.get(port);
    if (program === undefined) return undefined;
    return { reason: "PortTaken", message: `${program} listens on port ${port} of the machine` };
  }
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

function mistake(route: Route): Problem | undefined {
  const [error] = [...targetErrors(route.spec), ...tcpErrors(route), ...settingErrors(route)];
  if (error === undefined) return undefined;
  return { reason: "ExtendedValidationFailed", message: `${error.path}: ${error.detail}` };
}

/** Ports of the range that routes name. */
export function namedPorts(routes: readonly Route[], { first, last }: PortRange): ReadonlySet<number> {
  const ports = routes.map(tcpPortOf).filter((port) => typeof port === "number");
  return new Set(ports.filter((port) => port >= first && port <= last));
}

/** Routes that leave the port to the router, oldest first. */
export function unnamedPorts(routes: readonly Route[]): readonly Route[] {
  const created = ({ metadata }: Route): string =>
    `${metadata.creationTimestamp ?? ""} ${metadata.namespace}/${metadata.name}`;
  return routes
    .filter((route) => tcpPortOf(route) === autoPort)
    .toSorted((a, b) => (created(a) < created(b) ? -1 : 1));
}
