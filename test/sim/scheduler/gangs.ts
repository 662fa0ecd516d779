/**
 * Pods that are to be placed together. While nothing goes wrong between decision and binding, a group has nodes for
 * all of its pods or for none; what goes wrong may leave some without, who then go on alone.
 */

import { newObject } from "../../../src/model/kind.ts";
import type { Node } from "../../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import { podGroup, type PodGroup } from "../../../src/model/kinds/scheduling/podgroup/podgroup.ts";
import type { Random } from "../../../src/lib/random.ts";
import { fittingFor } from "./judge.ts";
import { simPod } from "./sim-objects.ts";

const groupLabel = "scheduling.x-k8s.io/pod-group";
/** Nobody pushes them out, so that a whole group stays whole. */
const gangPriority = 30;

export interface Gang {
  readonly group: PodGroup;
  readonly pods: readonly Pod[];
}

export function simGang(number: number, random: Random): Gang {
  const name = `gang-${number}`;
  const size = 2 + random.below(2);
  const group = newObject<PodGroup>(podGroup, { name, namespace: "default" }, { spec: { minMember: size } });
  const pods = Array.from({ length: size }, (_, index) => {
    const { spec, metadata } = simPod(index, random);
    const labels = { ...metadata.labels, [groupLabel]: name };
    const meta = { name: `${name}-${index}`, namespace: "default", labels };
    const together = { ...spec, priority: gangPriority, schedulerName: undefined };
    return newObject<Pod>(pod, meta, { spec: together });
  });
  return { group, pods };
}

export function gangOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[groupLabel];
}

export class Gangs {
  readonly #sizes = new Map<string, number>();
  readonly #disturbed = new Set<string>();

  made({ group, pods }: Gang): void {
    this.#sizes.set(group.metadata.name ?? "", pods.length);
  }

  /** Something went wrong that may have hit any group that is not placed yet. */
  disturbed(pods: readonly Pod[]): void {
    for (const [name, size] of this.#sizes) if (boundOf(name, pods).length < size) this.#disturbed.add(name);
  }

  /** What is not as it should be now that all is quiet. */
  faults(nodes: readonly Node[], pods: readonly Pod[]): string[] {
    const faults: string[] = [];
    for (const [name, size] of this.#sizes) {
      const bound = boundOf(name, pods).length;
      const wait = pods.filter((each) => gangOf(each) === name && (each.spec.nodeName ?? "") === "");
      if (bound > 0 && bound < size && !this.#disturbed.has(name))
        faults.push(`${name}: ${bound} of ${size} bound`);
      const isWhole = bound === 0 && canAllBePlaced(wait, nodes, pods);
      const goOn = bound > 0 && wait.some((each) => fittingFor(each, nodes, pods).length > 0);
      if (wait.length > 0 && (isWhole || goOn)) faults.push(`${name} waits though it fits`);
    }
    return faults;
  }
}

function boundOf(name: string, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((each) => gangOf(each) === name && (each.spec.nodeName ?? "") !== "");
}

/** By trying every way to place them. */
function canAllBePlaced(wait: readonly Pod[], nodes: readonly Node[], pods: readonly Pod[]): boolean {
  const [first, ...others] = wait;
  if (first === undefined) return true;
  return fittingFor(first, nodes, pods).some((nodeName) => {
    const placed = { ...first, spec: { ...first.spec, nodeName } };
    return canAllBePlaced(
      others,
      nodes,
      pods.map((each) => (each === first ? placed : each)),
    );
  });
}
