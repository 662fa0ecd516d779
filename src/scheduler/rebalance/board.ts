/** The cluster on which moves are tried: how full each node is, which pods can be moved, and where each would fit. */

import { seededRandom } from "../../lib/random.ts";
import { Decider } from "../decide.ts";
import type { Profile } from "../framework/profile.ts";
import { FITS } from "../framework/verdict.ts";
import { zoneOf } from "../simulate/usage.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { readPod, type PodInfo } from "../snapshot/pod-info.ts";

const mirror = "kubernetes.io/config.mirror";

export class Board {
  readonly cluster: Cluster;
  readonly #decider: Decider;
  readonly #unbound = new Map<string, PodInfo>();
  readonly #zones: (string | undefined)[];

  constructor(cluster: Cluster, profile: Profile) {
    this.cluster = cluster;
    this.#decider = new Decider({ profile, cluster, random: seededRandom(1) });
    this.#zones = Array.from({ length: cluster.rows }, (_, row) => {
      const node = cluster.node(row);
      return node === undefined ? undefined : zoneOf(node);
    });
  }

  zone(row: number): string | undefined {
    return this.#zones[row];
  }

  /** From 0 to 1: the mean of the requested shares of cpu and memory; with a pod more (`sign` 1) or fewer (-1). */
  load(row: number, pod?: PodInfo, sign: 0 | 1 | -1 = 0): number {
    const { cpu, memory } = this.cluster.resources;
    const { milliCpu = 0, memoryBytes = 0 } = pod?.requests ?? {};
    return (
      (share((cpu.requested[row] ?? 0) + sign * milliCpu, cpu.allocatable[row] ?? 0) +
        share((memory.requested[row] ?? 0) + sign * memoryBytes, memory.allocatable[row] ?? 0)) /
      2
    );
  }

  /** Pods of the node that count when it is to be emptied. */
  podsOf(row: number): PodInfo[] {
    return [...this.cluster.podsOn(row)].map(({ info }) => info).filter((info) => !staysWithNode(info));
  }

  move(pod: PodInfo, row: number): void {
    this.cluster.addPod(pod, this.cluster.nodeName(row));
  }

  /** Calls back for every other node that takes the pod when it is no longer where it is. */
  eachFit(pod: PodInfo, from: number, visit: (row: number) => void): void {
    const { cluster } = this;
    cluster.removePod(pod.uid);
    try {
      const { evaluation } = this.#decider.decide(this.#withoutNode(pod));
      for (let row = 0; row < cluster.rows; row++) {
        if (row !== from && evaluation.verdictOf(row) === FITS) visit(row);
      }
    } finally {
      this.move(pod, from);
    }
  }

  /** The pod as whoever replaces it will be: without a node, free to go anywhere. */
  #withoutNode(pod: PodInfo): PodInfo {
    const known = this.#unbound.get(pod.uid);
    if (known !== undefined) return known;
    const { object } = pod;
    const unbound = readPod({ ...object, spec: { ...object.spec, nodeName: undefined } });
    this.#unbound.set(pod.uid, unbound);
    return unbound;
  }
}

/** UID of whoever would make the pod again; undefined for a pod that must not be moved. */
export function movableOwner({ object }: PodInfo): string | undefined {
  const { metadata, spec } = object;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const hasLocalData = (spec.volumes ?? []).some((volume) => "emptyDir" in volume);
  return owner === undefined || owner.kind === "DaemonSet" || hasLocalData ? undefined : owner.uid;
}

/** Is there because the node is. */
function staysWithNode({ object }: PodInfo): boolean {
  const { annotations, ownerReferences } = object.metadata;
  return (
    annotations?.[mirror] !== undefined || (ownerReferences ?? []).some(({ kind }) => kind === "DaemonSet")
  );
}

function share(requested: number, offered: number): number {
  return offered > 0 ? requested / offered : 0;
}
