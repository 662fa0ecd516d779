/**
 * The nftables table that keeps builds from this machine's services, as text for `nft -f -`: one transaction. Pure.
 *
 * What must stay true: a build's step reaches the outside and the endpoints that the settings of fetching name, and
 * nothing else of this machine: neither the host by any of its addresses, nor pods, services, other containers.
 */

import { withoutTable } from "../../../lib/nftables.ts";
import type { Endpoint } from "./named-endpoints.ts";

export interface RulesOptions {
  readonly table: string;
  /** Of the bridge that builds are on. */
  readonly interface: string;
  /** Of pods, services and other containers. */
  readonly ranges: readonly string[];
  /** With addresses for hosts: where name servers, proxies and mirrors are. */
  readonly allowed: readonly Endpoint[];
}

/** Before the container engine's own rules. */
const priority = -10;
/** After connections are known, before published ports lead into containers: what counts is what was asked for. */
const beforeDnat = -150;
const allowedMark = "0x6e616769";

export function buildRules({ table, interface: bridge, ranges, allowed }: RulesOptions): string {
  const endpoints = allowed.flatMap(({ host, port }) =>
    (port === dnsPort ? ["tcp", "udp"] : ["tcp"]).map((protocol) => `${host} . ${protocol} . ${port}`),
  );
  return `${withoutTable("inet", table)}table inet ${table} {
  set ranges {
    type ipv4_addr
    flags interval
    auto-merge
${elements(ranges)}  }
  set allowed {
    type ipv4_addr . inet_proto . inet_service
${elements(endpoints)}  }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx type port-unreachable
  }
  chain prerouting {
    type filter hook prerouting priority ${beforeDnat}; policy accept;
    iifname "${bridge}" ip daddr . meta l4proto . th dport @allowed ct mark set ${allowedMark}
  }
  chain input {
    type filter hook input priority ${priority}; policy accept;
    iifname != "${bridge}" accept
    ct state established,related accept
    ct mark ${allowedMark} accept
    goto refuse
  }
  chain forward {
    type filter hook forward priority ${priority}; policy accept;
    iifname != "${bridge}" accept
    ct state established,related accept
    ct mark ${allowedMark} accept
    ip daddr @ranges goto refuse
    meta nfproto ipv6 goto refuse
  }
}
`;
}

export const dnsPort = 53;

function elements(values: readonly string[]): string {
  const all = [...new Set(values)];
  return all.length === 0 ? "" : `    elements = { ${all.join(", ")} }\n`;
}
