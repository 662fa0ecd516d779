import { describe, expect, test } from "vitest";
import { readPod } from "../../snapshot/pod-info.ts";
import type { ClaimObject, StorageClassObject, VolumeObject } from "../../snapshot/storage-objects.ts";
import { testBed, testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, filterVerdict, rawScoreOf } from "../../testing/plugins.ts";
import { boundClaim, podUsing, testClaim, testClass, testVolume } from "../../testing/storage.ts";
import { assumptionsOf } from "./assumed.ts";
import { reasonUnbound } from "./pod-claims.ts";
import { reasonNodeConflict, reasonNoVolumes, reasonVolumeGone, volumeBinding } from "./volumebinding.ts";

interface Storage {
  readonly claims?: readonly ClaimObject[];
  readonly volumes?: readonly VolumeObject[];
  readonly classes?: readonly StorageClassObject[];
}

const plugin = volumeBinding();
const here = { key: "zone", values: ["here"] };
const there = { key: "zone", values: ["there"] };
const waiting = (name: string, storage = "1Gi", more: Partial<ClaimObject["spec"]> = {}) =>
  testClaim(name, { storageClassName: "waits", resources: { requests: { storage } }, ...more });

const situation = (
  used: readonly string[],
  { claims = [], volumes = [], classes = [testClass("waits")] }: Storage,
) => ({
  node: testNode("n", {}, { labels: { zone: "here" } }),
  pod: podUsing(...used),
  related: { PersistentVolumeClaim: claims, PersistentVolume: volumes, StorageClass: classes },
});
const reasonsOf = (used: readonly string[], storage: Storage) =>
  filterReasons(plugin, situation(used, storage));

describe("bound claims", () => {
  test.each<[string, Storage, string[]]>([
    ["a volume of any node", { volumes: [testVolume("v")] }, []],
    ["a volume that is here", { volumes: [testVolume("v", {}, here)] }, []],
    ["a volume that is elsewhere", { volumes: [testVolume("v", {}, there)] }, [reasonNodeConflict]],
    ["a volume that is gone", {}, [reasonVolumeGone]],
  ])("%s", (_name, storage, expected) => {
    expect(reasonsOf(["a"], { ...storage, claims: [boundClaim("a", "v")] })).toEqual(expected);
  });

  test("volumes know nodes by labels only, and an empty term knows none", () => {
    const named = (terms: readonly object[]): VolumeObject => {
      const volume = testVolume("v");
      return {
        ...volume,
        spec: { ...volume.spec, nodeAffinity: { required: { nodeSelectorTerms: terms } } },
      };
    };
    const byName = { matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] };
    for (const terms of [[byName], [{}], []]) {
      expect(reasonsOf(["a"], { claims: [boundClaim("a", "v")], volumes: [named(terms)] })).toEqual([
        reasonNodeConflict,
      ]);
    }
  });
});

describe("claims that no node helps", () => {
  const own = testPod("p", {}, { volumes: [{ name: "s", ephemeral: {} }] });
  test.each<[string, Storage, string]>([
    ["a missing one", {}, 'persistentvolumeclaim "a" not found'],
    [
      "one that lost its volume",
      { claims: [{ ...boundClaim("a", "v"), status: { phase: "Lost" } }] },
      'persistentvolumeclaim "a" bound to non-existent persistentvolume "v"',
    ],
    [
      "one on its way out",
      { claims: [testClaim("a", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" })] },
      'persistentvolumeclaim "a" is being deleted',
    ],
    ["one without a class", { claims: [testClaim("a")] }, reasonUnbound],
    [
      "one that a person gave a volume",
      { claims: [waiting("a", "1Gi", { volumeName: "v" })] },
      reasonUnbound,
    ],
    [
      "one of a class that binds at once",
      {
        claims: [waiting("a")],
        classes: [testClass("waits", { volumeBindingMode: "Immediate" })],
      },
      reasonUnbound,
    ],
  ])("%s", (_name, storage, expected) => expect(reasonsOf(["a"], storage)).toEqual([expected]));

  test("a pod's own claim must be there and its own", () => {
    const of = (claims: readonly ClaimObject[]) =>
      filterReasons(plugin, { ...situation([], { claims }), pod: own });
    expect(of([])).toEqual([
      'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-s"',
    ]);
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "somebody", controller: true };
    expect(of([testClaim("p-s", {}, { ownerReferences: [owner] })])).toEqual([
      "PVC default/p-s was not created for pod default/p (pod is not owner)",
    ]);
  });
});

describe("claims that wait for their pod", () => {
  test.each<[string, Storage, boolean]>([
    ["a volume that fits", { volumes: [testVolume("v")] }, true],
    ["a volume elsewhere", { volumes: [testVolume("v", {}, there)] }, false],
    ["a volume that is too small", { volumes: [testVolume("v", { capacity: { storage: "1Mi" } })] }, false],
    ["a volume of another class", { volumes: [testVolume("v", { storageClassName: "x" })] }, false],
    [
      "a volume that cannot be mounted so",
      { volumes: [testVolume("v", { accessModes: ["ReadOnlyMany"] })] },
      false,
    ],
    ["a device", { volumes: [testVolume("v", { volumeMode: "Block" })] }, false],
    [
      "a volume of another claim",
      { volumes: [testVolume("v", { claimRef: { namespace: "default", name: "z" } })] },
      false,
    ],
    [
      "a volume that is kept for it",
      { volumes: [testVolume("v", { claimRef: { namespace: "default", name: "a" } })] },
      true,
    ],
    [
      "a volume that is kept for it elsewhere, and a free one here",
      {
        volumes: [
          testVolume("kept", { claimRef: { namespace: "default", name: "a" } }, there),
          testVolume("free", {}, here),
        ],
      },
      false,
    ],
    [
      "a volume that is not free yet",
      { volumes: [{ ...testVolume("v"), status: { phase: "Pending" } }] },
      false,
    ],
    ["a class that makes volumes", { classes: [testClass("waits", { provisioner: "p" })] }, true],
    [
      "a class that makes volumes here",
      {
        classes: [
          testClass("waits", { provisioner: "p", allowedTopologies: [{ matchLabelExpressions: [here] }] }),
        ],
      },
      true,
    ],
    [
      "a class that makes volumes elsewhere",
      {
        classes: [
          testClass("waits", {
            provisioner: "p",
            allowedTopologies: [{ matchLabelExpressions: [there] }, {}],
          }),
        ],
      },
      false,
    ],
  ])("%s", (_name, storage, fits) => {
    const reasons = reasonsOf(["a"], { claims: [waiting("a")], ...storage });
    expect(reasons).toEqual(fits ? [] : [reasonNoVolumes]);
  });

  test("those that ask for least choose first, each its own", () => {
    const claims = [waiting("large", "5Gi"), waiting("small", "1Gi")];
    const sized = (...sizes: readonly string[]) =>
      sizes.map((storage, index) => testVolume(`v${index}`, { capacity: { storage } }));
    expect(reasonsOf(["large", "small"], { claims, volumes: sized("10Gi", "2Gi") })).toEqual([]);
    expect(reasonsOf(["large", "small"], { claims, volumes: sized("10Gi") })).toEqual([reasonNoVolumes]);
    expect(reasonsOf(["large", "small"], { claims, volumes: sized("2Gi", "3Gi") })).toEqual([
      reasonNoVolumes,
    ]);
  });

  test("a volume that is being made for another node keeps the pod there", () => {
    const annotations = { "volume.kubernetes.io/selected-node": "other" };
    const claim = { ...waiting("a"), metadata: { ...waiting("a").metadata, annotations } };
    const classes = [testClass("waits", { provisioner: "p" })];
    expect(filterVerdict(plugin, situation(["a"], { claims: [claim], classes }))).toMatchObject([
      { text: reasonNoVolumes, detail: "the volume of claim default/a is being made for node other" },
    ]);
  });

  test("all that is wrong is told", () => {
    const claims = [boundClaim("far", "v"), waiting("a")];
    expect(reasonsOf(["far", "a"], { claims, volumes: [testVolume("v", {}, there)] })).toEqual([
      reasonNodeConflict,
      reasonNoVolumes,
    ]);
  });
});

describe("promises", () => {
  test("keep a volume from the next pod until they are taken back", () => {
    const { cluster, decider } = testBed([testNode("n")]);
    cluster.related.set("StorageClass", testClass("waits"));
    cluster.related.set("PersistentVolume", testVolume("v"));
    for (const name of ["a", "b"]) cluster.related.set("PersistentVolumeClaim", waiting(name));
    const [one, other] = [readPod(podUsing("a")), readPod(podUsing("b"))];
    expect(decider.decide(other).chosen?.nodeName).toBe("n");
    expect(plugin.reserve?.(one, "n", cluster)).toBeUndefined();
    expect(decider.decide(other).chosen).toBeUndefined();
    expect(plugin.reserve?.(other, "n", cluster)?.text).toBe(reasonNoVolumes);
    assumptionsOf(cluster).drop(one.uid);
    expect(decider.decide(other).chosen?.nodeName).toBe("n");
  });

  test("send the second pod of a claim to the node of the first", () => {
    const { cluster, decider } = testBed([testNode("n"), testNode("m")]);
    cluster.related.set("StorageClass", testClass("waits", { provisioner: "p" }));
    cluster.related.set("PersistentVolumeClaim", waiting("a"));
    expect(plugin.reserve?.(readPod(podUsing("a")), "m", cluster)).toBeUndefined();
    const { chosen, evaluation } = decider.decide(readPod(podUsing("a")));
    expect(chosen?.nodeName).toBe("m");
    expect(evaluation.rejections.size).toBe(1);
  });
});

test("scores by how much of the volumes is asked for, when it is given a shape", () => {
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];
  const scoreOf = (...sizes: readonly string[]) =>
    rawScoreOf(
      volumeBinding({ shape }),
      situation(["a"], {
        claims: [waiting("a", "1Gi")],
        volumes: sizes.map((storage, index) => testVolume(`v${index}`, { capacity: { storage } })),
      }),
    );
  expect(scoreOf("4Gi")).toBe(25);
  expect(scoreOf("4Gi", "2Gi")).toBe(50);
  expect(Object.hasOwn(volumeBinding(), "score")).toBe(false);
});
