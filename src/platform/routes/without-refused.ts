/** A table without the backends that HAProxy refuses: one bad route must not block the others, and is told why. Pure. */

import type { RouteTable } from "./route-table.ts";

const reason = "RefusedByRouter";

/** `refused` is what is wrong, by the backend's name. */
export function withoutRefused(table: RouteTable, refused: ReadonlyMap<string, string>): RouteTable {
  if (refused.size === 0) return table;
  const admissions = new Map(table.admissions);
  const addresses = new Map(table.addresses);
  const byIngress = new Map<string, string[]>();
  for (const { name, owner } of table.backends) {
    const problem = refused.get(name);
    if (problem === undefined) continue;
    const message = `HAProxy does not take it: ${problem}`;
    const [kind = "", key = ""] = owner.split(" ");
    const host = table.rules.find(({ backend }) => backend === name)?.host ?? "";
    if (kind === "ingress") byIngress.set(key, [...(byIngress.get(key) ?? []), `${host}: ${message}`]);
    if (kind !== "route") continue;
    admissions.set(key, { admitted: false, host, reason, message });
    addresses.delete(key);
  }
  const ingresses = table.ingresses.map((outcome) => {
    const { namespace, name } = outcome.ingress.metadata;
    const messages = byIngress.get(`${namespace}/${name}`) ?? [];
    return {
      ...outcome,
      problems: [...outcome.problems, ...messages.map((message) => ({ reason, message }))],
    };
  });
  return {
    ...table,
    backends: table.backends.filter(({ name }) => !refused.has(name)),
    rules: table.rules.filter(({ backend }) => !refused.has(backend)),
    ports: table.ports.filter(({ backend }) => !refused.has(backend)),
    admissions,
    addresses,
    ingresses,
  };
}
