/**
 * What the platform fetches for a build keeps to the rules of builds: nothing of this machine, whatever a name stands for
 * and wherever a server leads on to (adr/0159).
 */

import { lookup, type LookupAddress } from "node:dns";
import type { BlockList, LookupFunction } from "node:net";
import type { Endpoint } from "./named-endpoints.ts";
import { isOwn } from "./own-addresses.ts";

export interface Guard {
  /** Why it must not be asked, in words; undefined where it may. */
  readonly refusal: (url: URL) => Promise<string | undefined>;
  /** For the connections: what is connected to is what was looked at. */
  readonly lookup: LookupFunction;
}

export interface GuardOptions {
  readonly own: BlockList;
  /** Of the settings of fetching: proxies and mirrors, which may be on this machine. */
  readonly named: readonly Endpoint[];
}

export const ownRefusal =
  "it is of this machine or of a container on it, which builds do not reach: fetch it before, and send it with the source";

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

export function guardOf({ own, named }: GuardOptions): Guard {
  return {
    refusal: async ({ hostname, port, protocol }) => {
      const plain = hostname.replace(/^\[|\]$/g, "");
      const wanted = port === "" ? defaultPorts[protocol] : Number(port);
      if (named.some((each) => each.host === hostname && each.port === wanted)) return undefined;
      if (/(^|\.)localhost\.?$/i.test(plain)) return ownRefusal;
      // What is not known here may be known to a proxy.
      const found = await addressesOf(plain).catch(() => []);
      return found.some(({ address }) => isOwn(own, address)) ? ownRefusal : undefined;
    },
    lookup: (name, options, callback) => {
      lookup(name, { ...options, all: true }, (error, addresses) => {
        const isNamed = named.some(({ host }) => host === name);
        const refused = !isNamed && (addresses ?? []).some(({ address }) => isOwn(own, address));
        const problem = error ?? (refused ? new Error(ownRefusal) : null);
        const first = addresses?.[0];
        if (problem !== null || options.all === true) callback(problem, addresses ?? []);
        else callback(null, first?.address ?? "", first?.family);
      });
    },
  };
}

function addressesOf(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
}
