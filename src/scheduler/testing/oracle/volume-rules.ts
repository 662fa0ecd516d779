/** Rules of volumes: disks that only one pod can have, claims and where their volumes are, limits of nodes. */

import { amount } from "./amounts.ts";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass, Volume } from "./objects.ts";
import { selects, termMatches } from "./selectors.ts";
import { namespaceOf, podsOn, type Rule, type World } from "./world.ts";

/** NoDiskConflict of OpenShift v3: disks that two pods may share only when both read, or not at all. */
export function diskConflicts(name: string): Rule {
  return {
    name,
    filter: ({ spec }, node, world) => {
      const held = podsOn(node, world).flatMap((other) => other.spec.volumes ?? []);
      const taken = (spec.volumes ?? []).some((volume) => held.some((other) => isSameDisk(volume, other)));
      return taken ? ["node(s) had no available disk"] : [];
    },
  };
}

function isSameDisk(a: Volume, b: Volume): boolean {
  const writes = (
    one: { readOnly?: boolean | undefined },
    other: { readOnly?: boolean | undefined },
  ): boolean => one.readOnly !== true || other.readOnly !== true;
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    const [one, other] = [a.gcePersistentDisk, b.gcePersistentDisk];
    if (one.pdName === other.pdName && writes(one, other)) return true;
  }
  if (a.awsElasticBlockStore && a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore?.volumeID)
    return true;
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && writes(a.iscsi, b.iscsi)) return true;
  if (!a.rbd || !b.rbd) return false;
  const [one, other] = [a.rbd, b.rbd];
  const shared = one.monitors.some((monitor) => other.monitors.includes(monitor));
  const samePool = (one.pool ?? "rbd") === (other.pool ?? "rbd");
  return shared && samePool && one.image === other.image && writes(one, other);
}

/** The disks above, and claims that one pod alone may use. */
export const volumeRestrictions: Rule = {
  name: "VolumeRestrictions",
  refuses: missingClaim,
  filter: (pod, node, world) => {
    const disk = diskConflicts("").filter?.(pod, node, world) ?? [];
    if (disk.length > 0) return disk;
    const exclusive = claimsOf(pod, world).filter((claim) =>
      claim?.spec.accessModes.includes("ReadWriteOncePod"),
    );
    const users = world.placements.flatMap((other) =>
      namespaceOf(other.pod) === namespaceOf(pod) ? claimNames(other.pod) : [],
    );
    const used = exclusive.some((claim) => users.includes(claim?.metadata.name ?? ""));
    return used
      ? ["node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"]
      : [];
  },
};

/** A claim that the pod mounts twice is one claim. */
function claimNames({ spec }: Pod): readonly string[] {
  const names = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  return [...new Set(names)];
}

function missingClaim(pod: Pod, world: World): string | undefined {
  const index = claimsOf(pod, world).indexOf(undefined);
  return index < 0 ? undefined : `persistentvolumeclaim "${claimNames(pod)[index]}" not found`;
}

function claimsOf(pod: Pod, world: World): readonly (PersistentVolumeClaim | undefined)[] {
  return claimNames(pod).map((name) =>
    world.related.PersistentVolumeClaim.find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespaceOf(pod),
    ),
  );
}

function volumeOf({ spec }: PersistentVolumeClaim, world: World): PersistentVolume | undefined {
  return world.related.PersistentVolume.find(({ metadata }) => metadata.name === spec.volumeName);
}

function classOf({ spec }: PersistentVolumeClaim, world: World): StorageClass | undefined {
  return world.related.StorageClass.find(({ metadata }) => metadata.name === spec.storageClassName);
}

function isBound({ spec, metadata }: PersistentVolumeClaim): boolean {
  return (
    (spec.volumeName ?? "") !== "" && metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined
  );
}

const zoneLabels = [
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
];

/** A volume with zone labels is used from nodes of its zones; nodes that know no zones are taken as being there. */
export const volumeZone: Rule = {
  name: "VolumeZone",
  refuses: zonesUnknown,
  filter: (pod, node, world) => {
    const labels = node.metadata.labels ?? {};
    if (!zoneLabels.some((label) => label in labels)) return [];
    for (const claim of claimsOf(pod, world)) {
      const volume = claim && volumeOf(claim, world);
      for (const label of zoneLabels) {
        const zones = volume?.metadata.labels?.[label]?.split("__");
        const today = label.replace("failure-domain.beta", "topology");
        const zone = labels[label] ?? labels[today];
        if (zones !== undefined && (zone === undefined || !zones.includes(zone))) {
          return ["node(s) had no available volume zone"];
        }
      }
    }
    return [];
  },
};

function zonesUnknown(pod: Pod, world: World): string | undefined {
  for (const claim of claimsOf(pod, world)) {
    if (claim === undefined) return missingClaim(pod, world);
    if ((claim.spec.volumeName ?? "") !== "") {
      if (volumeOf(claim, world) === undefined)
        return `persistentvolume "${claim.spec.volumeName}" not found`;
      continue;
    }
    if ((claim.spec.storageClassName ?? "") === "") {
      return "PersistentVolumeClaim had no pv name and storageClass name";
    }
    const storageClass = classOf(claim, world);
    if (storageClass === undefined)
      return `storageclass.storage.k8s.io "${claim.spec.storageClassName}" not found`;
    if (storageClass.volumeBindingMode !== "WaitForFirstConsumer") return "PersistentVolume had no name";
  }
  return undefined;
}

/** Bound claims want nodes that reach their volume; the others a node where a volume is found or can be made. */
export const volumeBinding: Rule = {
  name: "VolumeBinding",
  refuses: cannotBind,
  filter: (pod, node, world) => {
    const claims = claimsOf(pod, world).flatMap((claim) => claim ?? []);
    const bound = claims.filter(isBound).map((claim) => volumeOf(claim, world));
    const reasons: string[] = [];
    if (bound.includes(undefined)) {
      reasons.push("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
    }
    if (bound.some((volume) => volume !== undefined && !reaches(volume, node))) {
      reasons.push("node(s) didn't match PersistentVolume's node affinity");
    }
    const waiting = claims.filter((claim) => !isBound(claim));
    if (!canAllBind(waiting, node, world)) {
      reasons.push("node(s) didn't find available persistent volumes to bind");
    }
    return reasons;
  },
};

function cannotBind(pod: Pod, world: World): string | undefined {
  let immediate: string | undefined;
  for (const [index, claim] of claimsOf(pod, world).entries()) {
    const name = claimNames(pod)[index] ?? "";
    if (claim === undefined) return missingClaim(pod, world);
    if (claim.status?.phase === "Lost") {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
    }
    if (claim.metadata.deletionTimestamp !== undefined)
      return `persistentvolumeclaim "${name}" is being deleted`;
    if (isBound(claim)) continue;
    const waits = classOf(claim, world)?.volumeBindingMode === "WaitForFirstConsumer";
    if (!waits || (claim.spec.volumeName ?? "") !== "") {
      immediate = "pod has unbound immediate PersistentVolumeClaims";
    }
  }
  return immediate;
}

function reaches({ spec }: PersistentVolume, node: Node): boolean {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => termMatches(term, node));
}

/** The claims that ask for least choose first, each the smallest volume that does; who finds none gets one made. */
function canAllBind(claims: readonly PersistentVolumeClaim[], node: Node, world: World): boolean {
  const chosen = new Set<PersistentVolume>();
  for (const claim of claims.toSorted((a, b) =>
    Number(storage(a.spec.resources.requests) - storage(b.spec.resources.requests)),
  )) {
    const selected = claim.metadata.annotations?.["volume.kubernetes.io/selected-node"];
    if (selected !== undefined && selected !== node.metadata.name) return false;
    const volume = selected === undefined ? smallestFor(claim, node, world, chosen) : undefined;
    if (volume !== undefined) chosen.add(volume);
    else if (!canProvision(classOf(claim, world), node)) return false;
  }
  return true;
}

function storage(quantities: Readonly<Record<string, string>>): bigint {
  return amount("storage", quantities["storage"] ?? "0");
}

function smallestFor(
  claim: PersistentVolumeClaim,
  node: Node,
  world: World,
  chosen: ReadonlySet<PersistentVolume>,
): PersistentVolume | undefined {
  const large = world.related.PersistentVolume.filter(
    (volume) => !chosen.has(volume) && isLargeEnough(claim, volume),
  );
  // A volume that was made for the claim is the one, wherever it is.
  const own = large.find(({ spec }) => spec.claimRef !== undefined && isOf(claim, spec.claimRef));
  if (own !== undefined) return reaches(own, node) ? own : undefined;
  return large
    .filter((volume) => volume.spec.claimRef === undefined && isFree(claim, volume) && reaches(volume, node))
    .toSorted((a, b) => Number(storage(a.spec.capacity) - storage(b.spec.capacity)))[0];
}

function isLargeEnough({ spec }: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const { storageClassName = "", volumeMode = "Filesystem", capacity } = volume.spec;
  return (
    volume.metadata.deletionTimestamp === undefined &&
    storageClassName === (spec.storageClassName ?? "") &&
    volumeMode === (spec.volumeMode ?? "Filesystem") &&
    storage(capacity) >= storage(spec.resources.requests)
  );
}

function isOf(
  { metadata }: PersistentVolumeClaim,
  { name, namespace, uid }: NonNullable<PersistentVolume["spec"]["claimRef"]>,
): boolean {
  const isNamed = name === metadata.name && namespace === metadata.namespace;
  return isNamed && (uid === undefined || uid === metadata.uid);
}

function isFree(
  { spec }: PersistentVolumeClaim,
  { metadata, spec: offer, status }: PersistentVolume,
): boolean {
  return (
    (status?.phase ?? "Available") === "Available" &&
    spec.accessModes.every((mode) => offer.accessModes.includes(mode)) &&
    (spec.selector === undefined || selects(spec.selector, metadata.labels))
  );
}

function canProvision(storageClass: StorageClass | undefined, node: Node): boolean {
  if (storageClass === undefined || storageClass.provisioner === "kubernetes.io/no-provisioner") return false;
  const topologies = storageClass.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? "\0")),
  );
}

/** A CSI driver attaches so many different volumes to a node. */
export const nodeVolumeLimits: Rule = {
  name: "NodeVolumeLimits",
  filter: (pod, node, world) => {
    const missing = claimNames(pod)[claimsOf(pod, world).indexOf(undefined)];
    if (missing !== undefined) {
      return [`looking up PVC ${namespaceOf(pod)}/${missing}: ${missingClaim(pod, world)}`];
    }
    const drivers = world.related.CSINode.find(({ metadata }) => metadata.name === node.metadata.name)?.spec
      .drivers;
    const attached = new Set(podsOn(node, world).flatMap((other) => attachments(other, world)));
    const added = attachments(pod, world).filter((attachment) => !attached.has(attachment));
    const isOver = (drivers ?? []).some(({ name, allocatable }) => {
      const mine = (attachment: string): boolean => attachment.startsWith(`${name}\n`);
      const fresh = new Set(added.filter(mine)).size;
      const limit = allocatable?.count;
      return limit !== undefined && fresh > 0 && [...attached].filter(mine).length + fresh > limit;
    });
    return isOver ? ["node(s) exceed max volume count"] : [];
  },
};

/** Driver and volume; a claim that is not bound yet will be a volume of its class's provisioner. */
function attachments(pod: Pod, world: World): readonly string[] {
  return claimsOf(pod, world).flatMap((claim) => {
    if (claim === undefined) return [];
    const csi = volumeOf(claim, world)?.spec.csi;
    if (csi !== undefined) return [`${csi.driver}\n${csi.volumeHandle}`];
    if (volumeOf(claim, world) !== undefined) return [];
    const provisioner = classOf(claim, world)?.provisioner;
    return provisioner === undefined
      ? []
      : [`${provisioner}\n${claim.metadata.namespace}/${claim.metadata.name} (unbound)`];
  });
}
