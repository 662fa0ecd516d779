/** Services get their address when they are written, give it back when they go, and keep it in between. */

import type { Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
import type { Service } from "../../../model/kinds/core/service/service.ts";
import type { Store } from "../../store/store.ts";
import { invalid } from "../api-errors.ts";
import type { ClusterIps } from "./cluster-ips.ts";
import type { KindHook } from "./hooks.ts";

const none = "None";

export function serviceHook(kind: Kind, addresses: ClusterIps): KindHook {
  return {
    prepareUpdate(next, previous) {
      keepAddress(next as Service, previous as Service);
    },
    claim(next, previous) {
      const service = next as Service;
      refuseUnserved(kind, service);
      const before = addressOf(previous as Service | undefined);
      if (!wantsAddress(service)) return undefined;
      const wanted = addressOf(service);
      if (before !== undefined) {
        if (wanted !== before) throw wrong(kind, service, "spec.clusterIPs[0]", "may not change once set");
        return undefined;
      }
      const holder = holderOf(service);
      const address = wanted ?? claimAny(kind, service, addresses);
      if (wanted !== undefined) claimWanted(kind, service, addresses);
      Object.assign(service.spec, { clusterIP: address, clusterIPs: [address], ...families });
      return () => addresses.release(address, holder);
    },
  };
}

const families = { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };

/** Claims what is there and follows the services, so that addresses of services that are gone become free. */
export function followServices(store: Store, addresses: ClusterIps): void {
  const { revision, entries } = store.list("services");
  for (const { value } of entries) {
    const address = addressOf(value as Service);
    if (address !== undefined) addresses.claim(address, holderOf(value));
  }
  store.watch({
    resource: "services",
    afterRevision: revision,
    onEvents(events) {
      for (const { type, entry, previous } of events) {
        const before = addressOf(previous?.value as Service | undefined);
        const after = type === "DELETED" ? undefined : addressOf(entry.value as Service);
        if (before !== undefined && before !== after) addresses.release(before, holderOf(entry.value));
      }
    },
  });
}

/** An update that says nothing of the address keeps it. */
function keepAddress(next: Service, previous: Service): void {
  if (!wantsAddress({ ...next, spec: { ...next.spec, clusterIP: undefined } })) return;
  if (next.spec.clusterIP !== undefined && next.spec.clusterIP !== "") return;
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = previous.spec;
  if (clusterIP === undefined) return;
  const kept = { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy };
  for (const [key, value] of Object.entries(kept)) {
    if (value !== undefined) Object.assign(next.spec, { [key]: structuredClone(value) });
  }
}

function wantsAddress({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && spec.clusterIP !== none;
}

function addressOf(service: Service | undefined): string | undefined {
  const address = service?.spec.clusterIP ?? "";
  return address === "" || address === none ? undefined : address;
}

/** The identity, not the name: a new service of an old name does not hold the old one's address. */
function holderOf(object: KubeObject): string {
  return `${keyOf(refOf(object))} ${object.metadata.uid}`;
}

function refuseUnserved(kind: Kind, service: Service): void {
  const { type } = service.spec;
  if (type !== "NodePort" && type !== "LoadBalancer") return;
  throw invalid(kind, service.metadata.name ?? "", [
    {
      type: "NotSupported",
      path: "spec.type",
      value: type,
      detail: 'supported values: "ClusterIP", "ExternalName"; make a Route to reach the service from outside',
    },
  ]);
}

function claimAny(kind: Kind, service: Service, addresses: ClusterIps): string {
  const address = addresses.claimAny(holderOf(service));
  if (address !== undefined) return address;
  const why = `failed to allocate a serviceIP: range ${addresses.cidr} is full`;
  throw wrong(kind, service, "spec.clusterIPs", why);
}

function claimWanted(kind: Kind, service: Service, addresses: ClusterIps): void {
  const address = addressOf(service) ?? "";
  const result = addresses.claim(address, holderOf(service));
  if (result === "claimed") return;
  const why =
    result === "taken"
      ? "provided IP is already allocated"
      : `the provided IP is not in the valid range. The range of valid IPs is ${addresses.cidr}`;
  throw wrong(kind, service, "spec.clusterIPs", `failed to allocate IP ${address}: ${why}`);
}

function wrong(kind: Kind, service: Service, path: string, detail: string) {
  const value = service.spec.clusterIPs ?? [service.spec.clusterIP ?? ""];
  return invalid(kind, service.metadata.name ?? "", [{ type: "Invalid", path, value, detail }]);
}
