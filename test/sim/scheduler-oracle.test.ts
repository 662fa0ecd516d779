import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/lib/random.ts";
import { Decider } from "../../src/scheduler/decide.ts";
import { unschedulableMessage } from "../../src/scheduler/explain/message.ts";
import { FITS, NO_NODE } from "../../src/scheduler/framework/verdict.ts";
import { defaultProfile } from "../../src/scheduler/profiles.ts";
import { Cluster } from "../../src/scheduler/snapshot/cluster.ts";
import type { NodeObject, PodObject } from "../../src/scheduler/snapshot/objects.ts";
import { readPod } from "../../src/scheduler/snapshot/pod-info.ts";
import { arbitraryNode, arbitraryPod, nodeNames } from "../../src/scheduler/testing/arbitrary.ts";
import { ask, requested, sharesPort, type OraclePlacement } from "../../src/scheduler/testing/oracle.ts";

/** How many random histories; each is several decisions. The seed is printed when one fails. */
const RUNS = Number(process.env["NAGI_TEST_RUNS"] ?? 1000);

type Step =
  | { readonly type: "node"; readonly node: NodeObject }
  | { readonly type: "no node"; readonly name: string }
  | { readonly type: "pod"; readonly template: number }
  | { readonly type: "no pod"; readonly index: number };

const templates = 4;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant("node" as const), node: arbitraryNode }) },
  fc.record({ type: fc.constant("no node" as const), name: fc.constantFrom(...nodeNames) }),
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("pod" as const), template: fc.nat({ max: templates - 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("no pod" as const), index: fc.nat({ max: 20 }) }) },
);

const history = fc.record({
  templates: fc.tuple(...Array.from({ length: templates }, (_, index) => arbitraryPod(index))),
  nodes: fc.array(arbitraryNode, { minLength: 1, maxLength: 5 }),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
});

/** A cluster beside the lists that the oracle looks at. */
class Both {
  readonly cluster = new Cluster();
  readonly decider = new Decider({
    profile: defaultProfile(),
    cluster: this.cluster,
    random: seededRandom(1),
  });
  nodes: NodeObject[] = [];
  placements: OraclePlacement[] = [];
  #pods = 0;

  setNode(node: NodeObject): void {
    this.cluster.setNode(node);
    this.nodes = [...this.nodes.filter(({ metadata }) => metadata.name !== node.metadata.name), node];
  }

  removeNode(name: string): void {
    this.cluster.removeNode(name);
    this.nodes = this.nodes.filter(({ metadata }) => metadata.name !== name);
  }

  removePod(index: number): void {
    const [gone] = this.placements.splice(index % Math.max(1, this.placements.length), 1);
    if (gone !== undefined) this.cluster.removePod(gone.pod.metadata.uid ?? "");
  }

  place(template: PodObject): void {
    const number = ++this.#pods;
    const metadata = { name: `p${number}`, namespace: "default", uid: `uid-${number}` };
    const pod: PodObject = { ...template, metadata };
    const nodeName = this.compare(pod);
    if (nodeName === undefined) return;
    this.cluster.addPod(readPod(pod), nodeName);
    this.placements.push({ pod, nodeName });
  }

  /** Decides and holds every verdict and every score against the oracle's. */
  compare(pod: PodObject): string | undefined {
    const answer = ask(this.nodes, this.placements, pod);
    const { chosen, evaluation, ties } = this.decider.decide(readPod(pod));
    const totals = new Map<string, bigint>();
    for (let row = 0; row < this.cluster.rows; row++) {
      const verdict = evaluation.verdictOf(row);
      if (verdict === NO_NODE) expect(this.cluster.nodeName(row)).toBe("");
      if (verdict === FITS) totals.set(this.cluster.nodeName(row), BigInt(evaluation.ranking.totalOf(row)));
    }
    expect(new Map([...totals].sort(byName))).toEqual(new Map([...answer.totals].sort(byName)));
    const best = [...answer.totals.values()].reduce((most, total) => (total > most ? total : most), -1n);
    const tied = [...answer.totals].filter(([, total]) => total === best).map(([name]) => name);
    if (chosen === undefined) {
      expect(tied).toEqual([]);
      expect(unschedulableMessage(this.cluster.nodeCount, evaluation)).toBe(this.#message(answer.rejected));
      return undefined;
    }
    expect(ties).toBe(tied.length);
    expect(tied).toContain(chosen.nodeName);
    return chosen.nodeName;
  }

  #message(rejected: ReadonlyMap<string, readonly string[]>): string {
    if (this.nodes.length === 0) return "no nodes available to schedule pods";
    const counts = new Map<string, number>();
    for (const reason of [...rejected.values()].flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
    return `0/${this.nodes.length} nodes are available: ${texts.join(", ")}.`;
  }

  /** Whatever was placed after the last change of nodes by us never breaks a rule that pods must keep. */
  checkPorts(): void {
    for (const { metadata } of this.nodes) {
      const pods = this.placements.filter(({ nodeName }) => nodeName === metadata.name);
      const ports = pods.flatMap(({ pod }) => readPod(pod).hostPorts.map((port) => ({ ...port, pod })));
      for (const [index, port] of ports.entries()) {
        const others = ports.slice(index + 1).filter(({ pod }) => pod !== port.pod);
        expect(others.some((other) => sharesPort(port, other))).toBe(false);
      }
    }
  }

  checkCapacity(): void {
    for (const { metadata, status } of this.nodes) {
      const pods = this.placements.filter(({ nodeName }) => nodeName === metadata.name);
      for (const [name, quantity] of Object.entries(status?.allocatable ?? {})) {
        const used = pods.reduce((sum, { pod }) => sum + requested(pod, name === "pods" ? "" : name), 0n);
        const offered = requested(
          { metadata: {}, spec: { containers: [{ resources: { requests: { [name]: quantity } } }] } },
          name,
        );
        expect(name === "pods" ? BigInt(pods.length) : used).toBeLessThanOrEqual(offered);
      }
    }
  }
}

describe("against the oracle", () => {
  test("verdicts, scores, ties and messages are equal after any history", () => {
    fc.assert(
      fc.property(history, ({ templates: pods, nodes, steps }) => {
        const both = new Both();
        for (const node of nodes) both.setNode(node);
        for (const next of steps) {
          if (next.type === "node") both.setNode(next.node);
          else if (next.type === "no node") both.removeNode(next.name);
          else if (next.type === "no pod") both.removePod(next.index);
          else both.place(pods[next.template] as PodObject);
          both.checkPorts();
        }
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test("no node is ever over its capacity while nodes stay as they are", () => {
    fc.assert(
      fc.property(history, ({ templates: pods, nodes, steps }) => {
        const both = new Both();
        for (const node of nodes) both.setNode(node);
        for (const next of steps) {
          if (next.type === "pod") both.place(pods[next.template] as PodObject);
          if (next.type === "no pod") both.removePod(next.index);
          both.checkCapacity();
        }
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  }, 120_000);
});

function byName([a]: readonly [string, bigint], [b]: readonly [string, bigint]): number {
  return a < b ? -1 : 1;
}
