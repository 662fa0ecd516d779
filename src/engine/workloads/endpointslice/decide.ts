/**
 * Spreads a service's endpoints over slices of at most a hundred. Endpoints stay in the slice that they are
 * in, so that a pod that comes or goes costs one small write. Names follow from the content's place (group of
 * ports, number), so that two attempts at one slice meet instead of making two.
 */

import {
  endpointSlice,
  type EndpointSlice,
} from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Endpoint } from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Service } from "../../../model/kinds/core/service/service.ts";
import { newObject } from "../../../model/kind.ts";
import { controllerRef } from "../../../model/meta.ts";
import { canonicalJson, safeHash } from "../shared/safe-hash.ts";
import { endpointGroups, type EndpointGroup } from "./endpoints.ts";

const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
export const maxEndpointsPerSlice = 100;

export interface SliceDecision {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** `slices`: those of the service that this controller made. */
export function decideSlices(
  service: Service,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[],
): SliceDecision {
  const usable = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined);
  const groups = endpointGroups(service, pods);
  // A service without endpoints has one empty slice, so that it can be told from one not looked at yet.
  if (groups.length === 0) groups.push(emptyGroup(usable[0]));
  const present = Map.groupBy(usable, keyOfSlice);
  const wantedKeys = new Set(groups.map(({ key }) => key));
  // A slice whose ports nobody has any more serves a group that is new, rather than to go while another comes.
  const spare = usable.filter((slice) => !wantedKeys.has(keyOfSlice(slice)));
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const kept = new Set<EndpointSlice>();
  for (const group of groups) {
    const wanted = placeGroup(service, group, present.get(group.key) ?? spare.splice(0, 1));
    for (const { slice, before } of wanted) {
      if (before === undefined) create.push(slice);
      else if (canonicalJson(contentOf(slice)) !== canonicalJson(contentOf(before))) update.push(slice);
      if (before !== undefined) kept.add(before);
    }
  }
  return { create, update, remove: slices.filter((slice) => !kept.has(slice)) };
}

function keyOfSlice({ ports = [] }: EndpointSlice): string {
  return canonicalJson(ports);
}

/** Keeps the ports that were there: pods that come back will have them again. */
function emptyGroup(slice: EndpointSlice | undefined): EndpointGroup {
  const ports = slice?.ports ?? [];
  return { key: canonicalJson(ports), ports, endpoints: new Map() };
}

function contentOf({ endpoints, ports, metadata }: EndpointSlice): unknown {
  return { endpoints, ports, labels: metadata.labels, owners: metadata.ownerReferences };
}

interface Placed {
  readonly slice: EndpointSlice;
  readonly before: EndpointSlice | undefined;
}

function placeGroup(service: Service, group: EndpointGroup, present: readonly EndpointSlice[]): Placed[] {
  const left = new Map(group.endpoints);
  const filled = present.map((before) => ({ before, endpoints: keepEndpoints(before, left) }));
  const unplaced = [...left.values()];
  for (const { endpoints } of filled) {
    endpoints.push(...unplaced.splice(0, maxEndpointsPerSlice - endpoints.length));
  }
  const used = filled.filter(({ endpoints }) => endpoints.length > 0);
  const placed = (used.length === 0 && unplaced.length === 0 ? filled.slice(0, 1) : used).map(
    ({ before, endpoints }): Placed => ({
      before,
      slice: buildSlice(service, group, endpoints, before),
    }),
  );
  const taken = new Set(present.map((slice) => slice.metadata.name));
  for (let number = 0; unplaced.length > 0 || placed.length === 0; number++) {
    const name = sliceName(service, group, number);
    if (taken.has(name)) continue;
    const slice = buildSlice(service, group, unplaced.splice(0, maxEndpointsPerSlice), undefined);
    placed.push({ before: undefined, slice: { ...slice, metadata: { ...slice.metadata, name } } });
  }
  return placed;
}

/** The endpoints of a slice that are still wanted, as they are now; takes them off the list of the unplaced. */
function keepEndpoints(slice: EndpointSlice, left: Map<string, Endpoint>): Endpoint[] {
  return slice.endpoints.flatMap(({ targetRef }) => {
    const uid = targetRef?.uid ?? "";
    const endpoint = left.get(uid);
    left.delete(uid);
    return endpoint === undefined ? [] : [endpoint];
  });
}

function sliceName(service: Service, group: EndpointGroup, number: number): string {
  const { name = "", uid = "" } = service.metadata;
  return `${name}-${safeHash(`${uid} ${group.key} ${number}`)}`;
}

function buildSlice(
  service: Service,
  group: EndpointGroup,
  endpoints: Endpoint[],
  before: EndpointSlice | undefined,
): EndpointSlice {
  const { name = "", namespace, labels } = service.metadata;
  const headless = service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {};
  const metadata = {
    ...before?.metadata,
    namespace,
    labels: { ...labels, ...headless, [serviceNameLabel]: name, [managedByLabel]: managedBy },
    ownerReferences: [controllerRef(service)],
  };
  return newObject(endpointSlice, metadata, { addressType: "IPv4", endpoints, ports: [...group.ports] });
}
