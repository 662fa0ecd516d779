/** A pod's name resolution: the engine's settings for /etc/resolv.conf, and the text of /etc/hosts. */

import type { HostConfig } from "../../lib/container-engine/engine-types.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";

export interface ClusterDns {
  /** Address of the cluster's name server; absent: there is none. */
  readonly address?: string | undefined;
  readonly domain: string;
}

type DnsSettings = Pick<HostConfig, "Dns" | "DnsSearch" | "DnsOptions">;

/** Empty: the node's own settings. */
export function dnsSettings(pod: Pod, cluster: ClusterDns): DnsSettings {
  const { dnsPolicy = "ClusterFirst", dnsConfig = {}, hostNetwork } = pod.spec;
  const usesCluster =
    cluster.address !== undefined &&
    (dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && hostNetwork !== true));
  const { domain } = cluster;
  const base = usesCluster
    ? {
        servers: [cluster.address ?? ""],
        searches: [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain],
        options: ["ndots:5"],
      }
    : { servers: [], searches: [], options: [] };
  const added = (dnsConfig.options ?? []).map(({ name = "", value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  const overridden = new Set(added.map((option) => option.split(":")[0]));
  const kept = base.options.filter((option) => !overridden.has(option.split(":")[0]));
  return withoutEmpty({
    Dns: [...new Set([...base.servers, ...(dnsConfig.nameservers ?? [])])],
    DnsSearch: [...new Set([...base.searches, ...(dnsConfig.searches ?? [])])],
    DnsOptions: [...kept, ...added],
  });
}

function withoutEmpty(settings: Required<DnsSettings>): DnsSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, list]) => (list ?? []).length > 0));
}

export function hostnameOf(pod: Pod): string {
  return (pod.spec.hostname ?? pod.metadata.name ?? "").slice(0, 63).replace(/[-.]+$/, "");
}

/** Of pods with an address of their own; those on the node's network have the node's file. */
export function hostsFile(pod: Pod, podIP: string, domain: string): string {
  const { subdomain, hostAliases = [] } = pod.spec;
  const hostname = hostnameOf(pod);
  const full = `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${domain}`;
  const own = subdomain === undefined ? [podIP, hostname] : [podIP, full, hostname];
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames]);
  const lines = [
    ["127.0.0.1", "localhost"],
    ["::1", "localhost", "ip6-localhost", "ip6-loopback"],
    own,
    ...aliases,
  ];
  return `# Written by Nagi.\n${lines.map((line) => line.join("\t")).join("\n")}\n`;
}
