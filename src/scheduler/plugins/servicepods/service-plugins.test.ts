/** The three plugins that look at the other pods of a service: each alone, and together as OpenShift's notes had them. */

import { describe, expect, test } from "vitest";
import type { Plugin } from "../../framework/plugin.ts";
import { createProfile } from "../../framework/profile.ts";
import type { NodeObject, PodObject } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import type { RelatedObject } from "../../snapshot/related.ts";
import { testBed, testNode, testPod, type Bed } from "../../testing/objects.ts";
import { selectorSpread } from "../selectorspread/selectorspread.ts";
import { reasonAffinity, serviceAffinity } from "../serviceaffinity/serviceaffinity.ts";
import { serviceAntiAffinity } from "../serviceantiaffinity/serviceantiaffinity.ts";

interface Selecting extends RelatedObject {
  readonly spec: { readonly selector: unknown };
}

function addService(bed: Bed, app: string, namespace = "default"): void {
  const service: Selecting = { metadata: { name: app, namespace }, spec: { selector: { app } } };
  bed.cluster.related.set("Service", service);
}

let age = 0;

function podOf(app: string | undefined, spec: Partial<PodObject["spec"]> = {}): PodObject {
  const pod = testPod(`p${age}`, {}, spec);
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, age++)).toISOString();
  const labels = app === undefined ? {} : { app };
  return { ...pod, metadata: { ...pod.metadata, creationTimestamp, labels } };
}

function bedOf(plugin: Plugin, nodes: readonly NodeObject[]): Bed {
  return testBed(nodes, createProfile("s", [{ plugin, weight: 1 }]));
}

const labelled = (name: string, labels: Record<string, string>) => testNode(name, {}, { labels });

function totals(bed: Bed, pod: PodObject): number[] {
  const { evaluation } = bed.decider.decide(readPod(pod));
  return Array.from({ length: bed.cluster.rows }, (_, row) => evaluation.ranking.totalOf(row));
}

describe("SelectorSpread", () => {
  const spread = () => selectorSpread({ name: "Spread", kinds: ["Service", "ReplicaSet"], maxScore: 10 });

  test("the fewer pods of the service, the better", () => {
    const bed = bedOf(
      spread(),
      ["a", "b", "c"].map((name) => testNode(name)),
    );
    addService(bed, "web");
    expect(totals(bed, podOf("web"))).toEqual([10, 10, 10]);
    for (const node of ["a", "a", "a", "b"]) bed.put(podOf("web"), node);
    bed.put(podOf("other"), "c");
    expect(totals(bed, podOf("web"))).toEqual([0, 6, 10]);
    expect(totals(bed, podOf("other"))).toEqual([10, 10, 10]);
  });

  test("zones count twice as much as nodes, and pods of both controllers", () => {
    const zone = (name: string, value: string) => labelled(name, { "topology.kubernetes.io/zone": value });
    const bed = bedOf(spread(), [zone("a1", "a"), zone("a2", "a"), zone("b1", "b"), testNode("none")]);
    addService(bed, "web");
    const selector = { matchLabels: { app: "web" } };
    const set: Selecting = { metadata: { name: "rs", namespace: "default" }, spec: { selector } };
    bed.cluster.related.set("ReplicaSet", set);
    for (const node of ["a1", "a1", "b1"]) bed.put(podOf("web"), node);
    // Nodes: 2, 0, 1, 0 of at most 2. Zones: a 2, b 1 of at most 2.
    expect(totals(bed, podOf("web"))).toEqual([0, 3, 5, 10]);
  });

  test("what changes is seen: pods that go, services that come, zones that move", () => {
    const bed = bedOf(spread(), [testNode("a"), testNode("b")]);
    const first = bed.put(podOf("web"), "a");
    expect(totals(bed, podOf("web"))).toEqual([10, 10]);
    addService(bed, "web");
    expect(totals(bed, podOf("web"))).toEqual([0, 10]);
    addService(bed, "web", "elsewhere");
    bed.cluster.setNode(labelled("a", { "topology.kubernetes.io/zone": "z" }));
    bed.cluster.setNode(labelled("b", { "topology.kubernetes.io/zone": "z" }));
    expect(totals(bed, podOf("web"))).toEqual([0, 3]);
    bed.cluster.removePod(first.uid);
    expect(totals(bed, podOf("web"))).toEqual([10, 10]);
  });
});

describe("ServiceAntiAffinity", () => {
  test("the smaller the share of the service at the label's value, the better; nothing without the label", () => {
    const plugin = serviceAntiAffinity({ name: "Racks", label: "rack", maxScore: 10 });
    const rack = (name: string, value: string) => labelled(name, { rack: value });
    const bed = bedOf(plugin, [rack("a", "1"), rack("b", "1"), rack("c", "2"), testNode("bare")]);
    addService(bed, "web");
    expect(totals(bed, podOf("web"))).toEqual([10, 10, 10, 0]);
    for (const node of ["a", "b", "c", "bare"]) bed.put(podOf("web"), node);
    expect(totals(bed, podOf("web"))).toEqual([5, 5, 7, 0]);
    expect(totals(bed, podOf("alone"))).toEqual([10, 10, 10, 0]);
  });
});

describe("ServiceAffinity", () => {
  const nodes = [
    labelled("east-1", { region: "east", zone: "1" }),
    labelled("east-2", { region: "east", zone: "2" }),
    labelled("west-1", { region: "west", zone: "1" }),
  ];
  const bedWithService = () => {
    const bed = bedOf(serviceAffinity({ name: "Region", labels: ["region", "zone"] }), nodes);
    addService(bed, "web");
    return bed;
  };
  const fitting = (bed: Bed, pod: PodObject) =>
    totals(bed, pod).flatMap((total, row) => (total < 0 ? [] : [bed.cluster.nodeName(row)]));

  test("the first pod goes anywhere, the others where it is", () => {
    const bed = bedWithService();
    expect(fitting(bed, podOf("web"))).toHaveLength(3);
    const first = bed.put(podOf("web"), "east-2");
    expect(fitting(bed, podOf("web"))).toEqual(["east-2"]);
    bed.put(podOf("web"), "west-1");
    expect(fitting(bed, podOf("web"))).toEqual(["east-2"]);
    expect(fitting(bed, podOf("other"))).toHaveLength(3);
    bed.cluster.removePod(first.uid);
    expect(fitting(bed, podOf("web"))).toEqual(["west-1"]);
  });

  test("what the pod's nodeSelector says comes first", () => {
    const bed = bedWithService();
    bed.put(podOf("web"), "east-2");
    expect(fitting(bed, podOf("web", { nodeSelector: { zone: "1" } }))).toEqual(["east-1"]);
    expect(fitting(bed, podOf("web", { nodeSelector: { region: "west", zone: "1" } }))).toEqual(["west-1"]);
  });

  test("the labels of the first pod's node change, and with them where the others go", () => {
    const bed = bedWithService();
    bed.put(podOf("web"), "east-2");
    expect(fitting(bed, podOf("web"))).toEqual(["east-2"]);
    bed.cluster.setNode(labelled("east-2", { region: "east", zone: "1" }));
    expect(fitting(bed, podOf("web"))).toEqual(["east-1", "east-2"]);
    bed.cluster.setNode(testNode("east-2"));
    expect(fitting(bed, podOf("web"))).toHaveLength(3);
  });

  test("says where the service is, and of whom it knows", () => {
    const bed = bedWithService();
    const first = bed.put(podOf("web"), "east-2");
    const { evaluation } = bed.decider.decide(readPod(podOf("web")));
    const filter = evaluation.cycle.filterAt(0);
    expect(filter?.plugin.reasons?.(filter.state, 1, { row: 0, cluster: bed.cluster })).toEqual([
      {
        text: reasonAffinity,
        detail: `pod ${first.key} of the service is at region=east, zone=2`,
        resolvable: true,
      },
    ]);
  });
});
