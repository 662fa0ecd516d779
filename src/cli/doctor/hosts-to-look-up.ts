import { parseDomain } from "../../model/kinds/nagi/app/app-domain.ts";

/** Hosts of an app's domains that name servers should know. */
export function hostsToLookUp(domains: readonly string[]): readonly string[] {
  const hosts = domains.flatMap((domain) => {
    const { host = domain, isWildcard = false } = parseDomain(domain) ?? {};
    return isWildcard || host.endsWith(".localhost") ? [] : [host];
  });
  return [...new Set(hosts)];
}
