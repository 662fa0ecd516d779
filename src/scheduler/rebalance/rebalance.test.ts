import { describe, expect, test } from "vitest";
import { seededRandom } from "../../lib/random.ts";
import { defaultProfile } from "../profiles.ts";
import type { World } from "../simulate/world.ts";
import type { NodeObject, PodObject } from "../snapshot/objects.ts";
import { usualRules } from "../testing/differential/setups.ts";
import { hostPort, requests, testNode, testPod } from "../testing/objects.ts";
import { takes } from "../testing/oracle/ask.ts";
import { nothingRelated } from "../testing/oracle/world.ts";
import { rebalance, type Objective } from "./rebalance.ts";

interface Owned {
  readonly owner?: string | undefined;
  readonly kind?: string | undefined;
  readonly emptyDir?: boolean | undefined;
  readonly port?: number | undefined;
}

function pod(
  name: string,
  nodeName: string,
  cpu: string,
  { owner, kind, emptyDir, port }: Owned = {},
): PodObject {
  const container = { ...requests(cpu, "1Gi"), ...(port === undefined ? {} : hostPort(port)) };
  const { metadata, spec } = testPod(name, container, { nodeName });
  const reference = {
    apiVersion: "apps/v1",
    kind: kind ?? "ReplicaSet",
    name: owner ?? "",
    uid: owner ?? "",
  };
  const ownerReferences = owner === undefined ? [] : [{ ...reference, controller: true }];
  const volumes = emptyDir === true ? [{ name: "v", emptyDir: {} }] : [];
  return { metadata: { ...metadata, ownerReferences }, spec: { ...spec, volumes } };
}

function propose(
  objective: Objective,
  nodes: readonly NodeObject[],
  pods: readonly PodObject[],
  maxMoves = 20,
) {
  const world: World = { nodes, pods, related: [] };
  return rebalance(world, { objective, profile: defaultProfile(), maxMoves });
}

const short = ({ moves }: ReturnType<typeof propose>) =>
  moves.map(({ pod: { name }, from, to }) => `${name}: ${from} -> ${to}`);
const three = ["a", "b", "c"].map((name) => testNode(name));

describe("spread", () => {
  test("moves pods from full nodes to empty ones, with the numbers", () => {
    const pods = ["p", "q", "r"].map((name) => pod(name, "a", "1", { owner: `of-${name}` }));
    const proposal = propose("spread", three, pods);
    expect(short(proposal)).toEqual(["p: a -> b", "q: a -> c"]);
    expect(proposal.moves[0]?.why).toBe("a 56% -> 38%, b 0% -> 19%");
    expect(proposal.moves[0]?.gain).toBeGreaterThan(0);
    expect(proposal.before.highestCpuShare).toBe(0.75);
    expect(proposal.after.highestCpuShare).toBe(0.25);
  });

  test("takes the pods of one owner apart, though the nodes are equally full", () => {
    const pods = ["x", "y"].flatMap((owner, index) => [
      pod(`${owner}1`, index === 0 ? "a" : "b", "1", { owner }),
      pod(`${owner}2`, index === 0 ? "a" : "b", "1", { owner }),
    ]);
    const proposal = propose("spread", three, pods);
    expect(short(proposal)).toHaveLength(2);
    expect(proposal.moves[0]?.why).toContain("2 -> 1 pods of its owner on a");
  });

  test("prefers another zone", () => {
    const zoned = [
      ["a", "1"],
      ["b", "1"],
      ["c", "2"],
    ].map(([name = "", zone = ""]) =>
      testNode(name, {}, { labels: { "topology.kubernetes.io/zone": zone } }),
    );
    const proposal = propose("spread", zoned, [
      pod("p", "a", "1", { owner: "o" }),
      pod("q", "b", "1", { owner: "o" }),
      pod("r", "b", "1", { owner: "o" }),
    ]);
    expect(short(proposal)).toEqual(["q: b -> c"]);
    expect(proposal.moves[0]?.why).toContain("0 -> 1 in zone 2");
  });

  test.each<[string, Owned]>([
    ["pods that nobody makes again", {}],
    ["pods of daemon sets", { owner: "d", kind: "DaemonSet" }],
    ["pods whose data would be lost", { owner: "o", emptyDir: true }],
  ])("leaves %s", (_name, owned) => {
    const pods = ["p", "q", "r"].map((name) => pod(name, "a", "1", owned));
    expect(short(propose("spread", three, pods))).toEqual([]);
  });

  test("proposes nothing where all is well, and no more than it may", () => {
    const even = ["a", "b", "c"].map((name) => pod(`on-${name}`, name, "1", { owner: "o" }));
    expect(short(propose("spread", three, even))).toEqual([]);
    const pods = ["p", "q", "r"].map((name) => pod(name, "a", "1", { owner: `of-${name}` }));
    expect(short(propose("spread", three, pods, 1))).toEqual(["p: a -> b"]);
  });
});

describe("density", () => {
  test("empties the emptiest node onto the fullest that takes its pods", () => {
    const proposal = propose("density", three, [
      pod("p", "a", "3", { owner: "p" }),
      pod("q", "b", "2", { owner: "q" }),
      pod("r", "c", "1", { owner: "r" }),
    ]);
    expect(short(proposal)).toEqual(["r: c -> a"]);
    expect(proposal.freed).toEqual(["c"]);
    expect(proposal.moves[0]?.why).toBe("empties c (one pod, 19% in use)");
    expect([proposal.before.usedNodes, proposal.after.usedNodes]).toEqual([3, 2]);
  });

  test("moves nothing from a node that cannot be emptied", () => {
    const full = pod("full", "a", "4", { owner: "f" });
    expect(short(propose("density", three, [full, pod("p", "b", "3", { owner: "p" })]))).toEqual([]);
    expect(
      short(propose("density", three, [full, pod("p", "b", "1", { owner: "p" }), pod("q", "b", "1")])),
    ).toEqual([]);
  });

  test("does not count pods that are there because the node is", () => {
    const proposal = propose("density", three, [
      pod("p", "a", "2", { owner: "p" }),
      pod("q", "b", "1", { owner: "q" }),
      ...["a", "b", "c"].map((name) => pod(`d-${name}`, name, "100m", { owner: "d", kind: "DaemonSet" })),
    ]);
    expect(short(proposal)).toEqual(["q: b -> a"]);
  });
});

test("no proposal breaks a rule: every node could take what it is given, one move after the other", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const nodes = Array.from({ length: 6 }, (_, index) =>
      testNode(`n${index}`, { cpu: `${3 + random.below(4)}` }, { unschedulable: random.next() < 0.15 }),
    );
    const pods = Array.from({ length: 14 }, (_, index) =>
      pod(`p${index}`, `n${random.below(3)}`, `${1 + random.below(9)}00m`, {
        owner: `o${random.below(5)}`,
        port: random.next() < 0.3 ? 80 + random.below(2) : undefined,
      }),
    );
    for (const objective of ["spread", "density"] as const) {
      const present = new Map(pods.map((each) => [each.metadata.uid ?? "", each]));
      for (const { pod: moved, from, to } of propose(objective, nodes, pods).moves) {
        const object = present.get(moved.uid);
        if (object === undefined) throw new Error(`${moved.name} is not there`);
        expect(object.spec.nodeName).toBe(from);
        present.delete(moved.uid);
        const { volumes: _none, ...spec } = object.spec;
        const loose = { ...object, spec: { ...spec, nodeName: undefined } };
        const node = nodes.find(({ metadata }) => metadata.name === to);
        const placements = [...present.values()].map((each) => ({
          pod: { ...each, spec: { ...each.spec, volumes: [] } },
          nodeName: each.spec.nodeName ?? "",
        }));
        const world = { nodes, placements, related: nothingRelated };
        const isFine = node !== undefined && takes(usualRules(), loose, node, world);
        expect(isFine, `seed ${seed}, ${moved.name} to ${to}`).toBe(true);
        present.set(moved.uid, { ...object, spec: { ...object.spec, nodeName: to } });
      }
    }
  }
});
