/**
 * Judges every binding with the oracle when it is asked for, on what the API knows and on the bindings that are under
 * way. The scheduler hears of changes a little later, so a binding is right when it was right a moment ago: with an
 * earlier version of the nodes, with the pods that went last, or before pods began to go.
 */

import type { Node } from "../../../src/model/kinds/core/node/node.ts";
import type { Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import { isFinished } from "../../../src/scheduler/snapshot/pod-info.ts";
import { usualRules } from "../../../src/scheduler/testing/differential/setups.ts";
import { ask, takes } from "../../../src/scheduler/testing/oracle/ask.ts";
import { sacrifices } from "../../../src/scheduler/testing/oracle/preemption.ts";
import { nothingRelated, type Placement, type World } from "../../../src/scheduler/testing/oracle/world.ts";

const VERSIONS_KEPT = 3;
const GONE_KEPT = 12;
const MOST_GOING = 4;

const rules = usualRules();
const namespaces = [{ metadata: { name: "default" } }];

/** What is said of pods and nodes besides the rules. */
export type MayGo = (pod: Pod, nodeName: string) => boolean;

export class Judge {
  readonly broken: string[] = [];
  readonly #bound = new Set<string>();
  readonly #mayGo: MayGo;
  readonly #versions: number;
  readonly #underWay = new Map<string, Placement>();
  #nodes: (readonly Node[])[] = [];
  #gone: readonly Pod[] = [];

  /** `versions` of the nodes that the scheduler may have known when it decided. */
  constructor(mayGo: MayGo, versions = VERSIONS_KEPT) {
    this.#mayGo = mayGo;
    this.#versions = versions;
  }

  /** The nodes are like this now. */
  nodesAre(nodes: readonly Node[]): void {
    this.#nodes = [nodes, ...this.#nodes].slice(0, this.#versions);
  }

  /** The pod holds its place no more. */
  podIsGone(pod: Pod): void {
    this.#gone = [pod, ...this.#gone].slice(0, GONE_KEPT);
  }

  /** `pods` are as before the binding. */
  asked(pod: Pod, nodeName: string, pods: readonly Pod[]): void {
    const { uid = "" } = pod.metadata;
    // One that has ended meanwhile holds nothing of its node.
    if (!isFinished(pod)) this.#judge(pod, nodeName, pods);
    this.#underWay.set(uid, { pod, nodeName });
  }

  answered(uid: string): void {
    this.#underWay.delete(uid);
  }

  bound({ metadata: { uid = "", name } }: Pod): void {
    if (this.#bound.has(uid)) this.broken.push(`${name} was bound twice`);
    this.#bound.add(uid);
  }

  #judge(pod: Pod, nodeName: string, pods: readonly Pod[]): void {
    if (!this.#mayGo(pod, nodeName))
      this.broken.push(`${pod.metadata.name} on ${nodeName}: refused by the extender`);
    const said: (readonly string[])[] = [];
    for (const nodes of this.#nodes) {
      const node = nodes.find(({ metadata }) => metadata.name === nodeName);
      if (node === undefined) continue;
      for (const world of this.#worlds(nodes, pods)) {
        if (takes(rules, pod, node, world)) return;
        said.push(ask(rules, pod, world).rejected.get(nodeName)?.reasons ?? []);
      }
    }
    this.broken.push(
      `${pod.metadata.name} on ${nodeName}: ${(said[0] ?? ["there is no such node"]).join(", ")}`,
    );
  }

  /** What the scheduler may have known. */
  *#worlds(nodes: readonly Node[], pods: readonly Pod[]): Generator<World> {
    const waiting = new Set(
      pods.filter((each) => !isPlaced(each) && !isFinished(each)).map(({ metadata }) => metadata.uid),
    );
    const placed = new Set(pods.filter(isPlaced).map(({ metadata }) => metadata.uid));
    const asked = [...this.#underWay.values()];
    const alive = asked.filter(({ pod }) => waiting.has(pod.metadata.uid));
    const all = asked.filter(({ pod }) => !placed.has(pod.metadata.uid));
    for (let count = 0; count <= this.#gone.length; count++) {
      const known = [...pods, ...this.#gone.slice(0, count)];
      for (const going of goingSince(known)) {
        const world = worldOf(nodes, going);
        yield { ...world, placements: [...world.placements, ...alive] };
        if (all.length > alive.length) yield { ...world, placements: [...world.placements, ...all] };
      }
    }
  }
}

/** The pods as they are, and before some of them began to go. */
function* goingSince(pods: readonly Pod[]): Generator<readonly Pod[]> {
  const going = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const stay = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: undefined } });
  for (let set = 0; set < 2 ** Math.min(going.length, MOST_GOING); set++) {
    yield pods.map((pod) => {
      const place = going.indexOf(pod);
      return place >= 0 && ((set >> place) & 1) === 1 ? stay(pod) : pod;
    });
  }
}

function isPlaced({ spec }: Pod): boolean {
  return (spec.nodeName ?? "") !== "";
}

/**
 * The nodes that take a pod that waits when all is quiet: whether or not the pods come for which room is kept, as
 * kube-scheduler asks it, for a rule may be kept only because of them.
 */
export function fittingFor(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): readonly string[] {
  const without = ask(rules, pod, worldOf(nodes, pods)).totals;
  const withThem = ask(rules, pod, worldFor(pod, nodes, pods)).totals;
  return [...withThem.keys()].filter((name) => without.has(name));
}

/** Where pods of lower priority could make room. */
export function couldPreempt(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): readonly string[] {
  return sacrifices(rules, pod, worldFor(pod, nodes, pods)).map(({ nodeName }) => nodeName);
}

/** Room that is kept for other pods, of no lower priority, is taken. */
function worldFor(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): World {
  const kept = pods.filter(
    (other) => other !== pod && isNominated(other) && priorityOf(other) >= priorityOf(pod),
  );
  const places = kept.map((other) => ({ pod: other, nodeName: other.status?.nominatedNodeName ?? "" }));
  const world = worldOf(nodes, pods);
  return { ...world, placements: [...world.placements, ...places] };
}

function worldOf(nodes: readonly Node[], pods: readonly Pod[]): World {
  const placements: Placement[] = [];
  for (const pod of pods) {
    const nodeName = pod.spec.nodeName ?? "";
    if (nodeName !== "" && !isFinished(pod)) placements.push({ pod, nodeName });
  }
  return { nodes, placements, related: { ...nothingRelated, Namespace: namespaces } };
}

function isNominated({ spec, status }: Pod): boolean {
  return (spec.nodeName ?? "") === "" && (status?.nominatedNodeName ?? "") !== "";
}

function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}
