import { describe, expect, test } from "vitest";
import type { PodVolumeObject } from "../../snapshot/pod-volume-object.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { testBed, testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, filterVerdict } from "../../testing/plugins.ts";
import { boundClaim, podUsing, testClaim, testVolume } from "../../testing/storage.ts";
import { reasonClaimTaken, reasonDiskTaken, volumeRestrictions } from "./volumerestrictions.ts";

type Source = Omit<PodVolumeObject, "name">;

const withVolume = (name: string, source: Source) =>
  testPod(name, {}, { volumes: [{ name: "v", ...source }] });

const gce = (pdName: string, readOnly = false): Source => ({ gcePersistentDisk: { pdName, readOnly } });
const aws = (volumeID: string): Source => ({ awsElasticBlockStore: { volumeID } });
const iscsi = (iqn: string, readOnly = false): Source => ({ iscsi: { iqn, readOnly } });
const rbd = (monitors: string[], image: string, pool?: string, readOnly = false): Source => ({
  rbd: { monitors, image, pool, readOnly },
});

describe("disks", () => {
  test.each<[string, Source, Source, boolean]>([
    ["the same GCE disk", gce("d"), gce("d"), true],
    ["one of two only reads", gce("d", true), gce("d"), true],
    ["both only read", gce("d", true), gce("d", true), false],
    ["two GCE disks", gce("d"), gce("e"), false],
    ["the same EBS volume", aws("v"), aws("v"), true],
    ["two EBS volumes", aws("v"), aws("w"), false],
    ["the same name of different sorts", gce("v"), aws("v"), false],
    ["the same target", iscsi("iqn.a"), iscsi("iqn.a"), true],
    ["the same target, read only", iscsi("iqn.a", true), iscsi("iqn.a", true), false],
    ["one monitor in common", rbd(["a", "b"], "i"), rbd(["b", "c"], "i"), true],
    ["no monitor in common", rbd(["a"], "i"), rbd(["c"], "i"), false],
    ["another image", rbd(["a"], "i"), rbd(["a"], "j"), false],
    ["another pool", rbd(["a"], "i", "p"), rbd(["a"], "i", "q"), false],
    ["the pool that is meant when none is said", rbd(["a"], "i"), rbd(["a"], "i", "rbd"), true],
    ["an image that both read", rbd(["a"], "i", "p", true), rbd(["a"], "i", "p", true), false],
  ])("%s", (_name, wanted, held, taken) => {
    const situation = {
      node: testNode("a"),
      pod: withVolume("p", wanted),
      present: [withVolume("holder", held)],
    };
    expect(filterReasons(volumeRestrictions, situation)).toEqual(taken ? [reasonDiskTaken] : []);
  });

  test("say who holds them", () => {
    const situation = {
      node: testNode("a"),
      pod: withVolume("p", aws("v")),
      present: [testPod("other"), withVolume("holder", aws("v"))],
    };
    const [reason] = filterVerdict(volumeRestrictions, situation);
    expect(reason).toMatchObject({
      detail: "aws disk v is held by default/holder",
      holders: [{ pod: "default/holder" }],
      resolvable: true,
    });
  });
});

describe("claims for one pod alone", () => {
  const alone = testClaim("data", { accessModes: ["ReadWriteOncePod"] });

  test("keep a second pod from every node, until the first one goes", () => {
    const { cluster, decider, put } = testBed([testNode("a"), testNode("b")]);
    cluster.related.set("PersistentVolumeClaim", boundClaim("data", "v", alone.spec));
    cluster.related.set("PersistentVolume", testVolume("v"));
    const second = readPod(podUsing("data"));
    expect(decider.decide(second).chosen).toBeDefined();
    const first = put(podUsing("data"), "a");
    const { chosen, evaluation } = decider.decide(second);
    expect(chosen).toBeUndefined();
    expect([...evaluation.rejections.values()]).toEqual([2]);
    cluster.removePod(first.uid);
    expect(decider.decide(second).chosen).toBeDefined();
  });

  test("say who uses them", () => {
    const situation = {
      node: testNode("a"),
      pod: podUsing("data"),
      present: [podUsing("data")],
      related: { PersistentVolumeClaim: [alone] },
    };
    expect(filterVerdict(volumeRestrictions, situation)).toMatchObject([
      { text: reasonClaimTaken, detail: "claim default/data is used by default/p" },
    ]);
  });

  test("are missed when they are not there", () => {
    const situation = { node: testNode("a"), pod: podUsing("data") };
    expect(filterReasons(volumeRestrictions, situation)).toEqual(['persistentvolumeclaim "data" not found']);
  });
});

test("is interested in pods that free what is wanted", () => {
  const { cluster } = testBed([testNode("a")]);
  const removed = (other: ReturnType<typeof testPod>) =>
    volumeRestrictions.hint?.(
      { type: "PodRemoved", row: 0, pod: readPod(other) },
      readPod(withVolume("p", gce("d"))),
      cluster,
    );
  expect(removed(withVolume("q", gce("d")))).toBe(true);
  expect(removed(withVolume("q", gce("e")))).toBe(false);
});
